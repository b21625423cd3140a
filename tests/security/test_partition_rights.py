"""`partition` needs no more than the service does, and says in one line what it lacks."""

import asyncio

import pytest

from tests.broker.log import write
from tests.broker.service import sla_timer
from tests.security.broker import SecuredBroker
from tests.security.table import granted

pytestmark = pytest.mark.broker


def test_with_the_privileges_of_the_service_all_three_commands_work(
    secured: SecuredBroker, topics: dict[str, str]
) -> None:
    prefix, env = topics["SLA_TOPIC_PREFIX"], topics | secured.by_scram()
    rights = granted(prefix, topics["SLA_GROUP"])
    asyncio.run(secured.grant(rights))
    asyncio.run(write(secured.admin, f"{prefix}complaints.lifecycle", [(0, b"T1", b"{}"), (0, b"T2", b"{}")]))
    asyncio.run(write(secured.admin, f"{prefix}sla.tickets", [(0, b"T1@d", b"{}")]))
    for arguments in (
        ["skip", f"{prefix}complaints.lifecycle-0", "--to", "1"],
        ["forget", f"{prefix}sla.tickets-0", "--unreadable"],
        ["reset", f"{prefix}complaints.lifecycle-0"],
    ):
        done = sla_timer("partition", *arguments, "--yes", env=env)
        assert (done.returncode, done.stderr) == (0, ""), done
    asyncio.run(secured.withdraw(rights[-1]))
    denied = sla_timer("partition", "reset", f"{prefix}complaints.lifecycle-0", "--yes", env=env)
    assert (denied.returncode, denied.stdout, denied.stderr.count("\n")) == (2, "", 1), denied
    assert "TransactionalIdAuthorizationFailed" in denied.stderr
