"""`topics ensure` and `topics check` on real Kafka."""

import asyncio

from schemas.topics import TOPICS
from service.kafka.topics import ensure, find
from tests.broker.service import environment, sla_timer


def test_ensure_creates_all_that_is_missing_once_and_check_is_content(bootstrap: str, prefix: str) -> None:
    env = environment(bootstrap, prefix)
    first = sla_timer("topics", "ensure", "--partitions", "3", env=env)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[-1] == "topics are fine"
    assert len(first.stdout.splitlines()) == 9
    again = sla_timer("topics", "ensure", "--partitions", "5", env=env)
    assert (again.returncode, again.stdout, again.stderr) == (0, "topics are fine\n", "")
    check = sla_timer("topics", "check", env=env)
    assert (check.returncode, check.stdout, check.stderr) == (0, "topics are fine\n", "")


def test_check_tells_every_finding_in_a_line_of_its_own(bootstrap: str, prefix: str) -> None:
    check = sla_timer("topics", "check", env=environment(bootstrap, prefix))
    assert (check.returncode, check.stdout) == (1, "")
    assert [line.split(":")[0] for line in check.stderr.splitlines()] == [
        f"topic {prefix}{name}"
        for name in (
            "complaints.lifecycle",
            "complaints.rejected",
            "sla.breaches",
            "sla.clocks",
            "sla.tickets",
            "sla.policies",
            "support.channels",
            "sla.desks",
        )
    ]


async def test_what_was_just_created_is_waited_for_where_it_is_not_known_yet(
    bootstrap: str, prefix: str
) -> None:
    reach = {"bootstrap_servers": [bootstrap]}
    created = [topic.named(prefix) for topic in TOPICS]
    looking = asyncio.create_task(find(reach, prefix, created))
    assert await find(reach, prefix) == {}
    await ensure(reach, prefix, 1)
    assert set(await looking) == {topic.name for topic in TOPICS}


async def test_what_nobody_has_created_is_not_waited_for_for_ever(bootstrap: str, prefix: str) -> None:
    assert await find({"bootstrap_servers": [bootstrap]}, prefix, [f"{prefix}sla.breaches"]) == {}
