"""The table of least privileges: with just these the service starts, without any one of them it refuses."""

import asyncio

import pytest

from service.kafka.client.options import connection
from service.kafka.topics.acl import NEEDED, missing
from service.settings import read_settings
from tests.broker.service import sla_timer
from tests.security.broker import USER, Grant, SecuredBroker
from tests.security.table import granted, table

pytestmark = pytest.mark.broker

DESCRIBING = {"Read", "Write", "Describe"}


def of(topics: dict[str, str]) -> list[Grant]:
    return granted(topics["SLA_TOPIC_PREFIX"], topics["SLA_GROUP"])


def line(resource: Grant, operations: list[str]) -> str:
    """What is said when these are missing."""
    star, pattern = ("*", " --resource-pattern-type prefixed") if resource.prefixed else ("", "")
    asked = "".join(f" --operation {operation}" for operation in operations)
    return (
        f"{resource.resource} {resource.name}{star}: our user has no right to {', '.join(operations)};"
        f" grant it: kafka-acls --add --allow-principal User:{USER}{asked}"
        f" --{resource.resource} {resource.name}{pattern}"
    )


def test_the_table_says_what_the_start_checks() -> None:
    checked = {(topic, str(right)) for topic, rights in NEEDED.items() for right in rights}
    assert {(row.name, row.operation) for row in table() if row.resource == "topic"} == checked
    others = [row for row in table() if row.resource != "topic"]
    assert others == [
        Grant("group", "sla-timer", "Read"),
        Grant("transactional-id", "sla-timer-", "Write", True),
    ]


async def test_each_privilege_that_is_taken_away_is_named_with_its_resource(
    secured: SecuredBroker, topics: dict[str, str]
) -> None:
    settings = read_settings(topics | secured.by_scram())
    asked = connection(settings), settings.topic_prefix, settings.group
    await secured.grant(of(topics))
    assert await missing(*asked) == []
    for grant in of(topics):
        await secured.withdraw(grant)
        found = await missing(*asked)
        await secured.grant([grant])
        same = [other for other in of(topics) if other.name == grant.name and other.resource == "topic"]
        visible = any(other != grant and other.operation in DESCRIBING for other in same)
        # A topic that may not even be described is one of which nothing more can be known.
        assert found == [
            line(grant, [other.operation for other in same] if same and not visible else [grant.operation])
        ]


async def test_to_take_a_process_out_of_the_group_read_of_the_group_is_enough_and_needed(
    secured: SecuredBroker, topics: dict[str, str]
) -> None:
    (read,) = [grant for grant in of(topics) if grant.resource == "group"]
    env = topics | secured.by_scram()
    denied = await asyncio.to_thread(sla_timer, "leave", "gone", env=env)
    assert (denied.returncode, denied.stdout) == (2, "")
    assert denied.stderr == f"sla-timer: {line(read, ['Read'])}\n"
    await secured.grant([read])
    allowed = await asyncio.to_thread(sla_timer, "leave", "gone", env=env)
    assert (allowed.returncode, allowed.stdout) == (1, "")
    assert allowed.stderr == f"gone: no member of group {read.name}, which has none\n"


async def test_with_no_rights_at_all_the_service_says_so_in_one_line(
    secured: SecuredBroker, topics: dict[str, str]
) -> None:
    ended = sla_timer("run", env=topics | secured.by_certificate())
    (said,) = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert said.startswith(
        f"sla-timer: topic {topics['SLA_TOPIC_PREFIX']}complaints.lifecycle: our user has no right to"
    )
    assert said.endswith("(and 9 more)")
