"""A right that is withdrawn while the service runs ends it with the line that names it; it never hangs."""

import asyncio
from contextlib import ExitStack

import pytest

from service.clock import now_ms
from tests.broker.log import write
from tests.broker.rig import event
from tests.security.broker import Grant, SecuredBroker
from tests.security.conftest import topics_of
from tests.security.process import started
from tests.security.table import granted

pytestmark = pytest.mark.broker

ENDS_WITHIN = 45.0  # seconds: the broker's oldest answer, and stopping in order
WITHDRAWN = {
    "input": Grant("topic", "complaints.lifecycle", "Read"),
    "state": Grant("topic", "sla.tickets", "Write"),
    "output": Grant("topic", "sla.breaches", "Write"),
    "group": Grant("group", "", "Read"),
    "transactions": Grant("transactional-id", "", "Write", prefixed=True),
}


def test_the_process_ends_and_says_which(secured: SecuredBroker) -> None:
    """All at once, each service with topics and a group of its own: together they start as fast as one."""
    with ExitStack() as stack:
        running = {}
        for name in WITHDRAWN:
            env = topics_of(secured, f"without-{name}.") | secured.by_scram()
            asyncio.run(secured.grant(granted(env["SLA_TOPIC_PREFIX"], env["SLA_GROUP"])))
            running[name] = env, stack.enter_context(started(env))
        for _, service in running.values():
            service.ready().close()
        for name, (env, _) in running.items():
            asyncio.run(withdraw(secured, env, WITHDRAWN[name]))
        for name, (env, service) in running.items():
            assert service.ended(ENDS_WITHIN) == 2, (name, service.log)
            last = service.log.splitlines()[-1]
            right, resource = WITHDRAWN[name].operation, _named(WITHDRAWN[name], env)
            assert last.startswith(f"sla-timer: {resource}: our user has no right to {right}"), last


async def withdraw(secured: SecuredBroker, env: dict[str, str], right: Grant) -> None:
    """Takes it away, and gives the service something to do."""
    prefix, group = env["SLA_TOPIC_PREFIX"], env["SLA_GROUP"]
    (grant,) = [
        grant
        for grant in granted(prefix, group)
        if (grant.resource, grant.operation) == (right.resource, right.operation)
        and grant.name.endswith(right.name)
    ]
    await secured.withdraw(grant)
    ticket, value = event("T-1", "received", now_ms() - 7_200_000)
    await write(secured.admin, prefix + "complaints.lifecycle", [(0, ticket.encode(), value)])


def _named(right: Grant, env: dict[str, str]) -> str:
    prefix, group = env["SLA_TOPIC_PREFIX"], env["SLA_GROUP"]
    names = {"topic": prefix + right.name, "group": group, "transactional-id": f"{group}-*"}
    return f"{right.resource} {names[right.resource]}"
