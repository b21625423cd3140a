"""`explain` with rights on the state alone: it tells what it may, and what it did not read."""

import asyncio

import pytest

from tests.broker.service import sla_timer
from tests.security.broker import Grant, SecuredBroker
from tests.security.conftest import topics_of

pytestmark = pytest.mark.broker


def test_what_explain_may_not_read_is_named_and_the_rest_is_told(secured: SecuredBroker) -> None:
    env = topics_of(secured, "explain-alone.") | secured.by_scram()
    prefix = env["SLA_TOPIC_PREFIX"]
    state = [Grant("topic", f"{prefix}{name}", "Read") for name in ("sla.tickets", "sla.policies")]
    asyncio.run(secured.grant(state))
    done = sla_timer("explain", "T1", env=env)
    assert (done.returncode, done.stderr) == (1, "")
    assert "No verdict: there is no state of this ticket, and not all was read." in done.stdout
    for name in ("complaints.rejected", "complaints.lifecycle"):
        assert f"Not read: {prefix}{name}: " in done.stdout
