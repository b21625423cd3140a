"""Every partition has one owner, and it does not matter who that is or how often it dies."""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict

import pytest

from service.clock import now_ms
from service.kafka.codec.record import Record
from service.kafka.exactly_once.observer import NullObserver
from service.kafka.exactly_once.worker import GroupError
from tests.broker.log import read
from tests.broker.rig import Rig, event, new_rig


@asynccontextmanager
async def child(rig: Rig, instance: str | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own; dead after the block."""
    given = json.dumps({"rig": asdict(rig), "instance": instance})
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.broker.rig", given)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def history(tickets: int, received: int, target: int) -> Iterator[tuple[str, bytes]]:
    """Answers of three kinds: in time, late for the first level, never."""
    for number in range(tickets):
        yield event(f"T{number}", "received", received)
    for number in range(tickets):
        if number % 3 == 0:
            yield event(f"T{number}", "response_started", received + target)
        elif number % 3 == 1:
            yield event(f"T{number}", "response_started", received + target + 1)


def expected(tickets: int) -> dict[tuple[str, str | None], str]:
    """What stands in the end: the latest type by ticket and level."""
    standing: dict[tuple[str, str | None], str] = {}
    for number in range(tickets):
        ticket = f"T{number}"
        if number % 3 == 0:
            standing[ticket, None] = "sla.met"
        elif number % 3 == 1:
            standing[ticket, "minor"] = "sla.breach_settled"
        else:
            standing[ticket, "minor"] = standing[ticket, "major"] = "sla.breached"
    return standing


def told(tickets: int) -> int:
    """How many announcements that takes: a breach is told before it is settled."""
    return sum(1 + (type_ == "sla.breach_settled") for type_ in expected(tickets).values())


def net(records: Sequence[Record]) -> dict[tuple[str, str | None], str]:
    """The latest type by ticket and level. Fails when an announcement is there twice, or one is missing."""
    revisions: dict[str, list[int]] = {}
    latest: dict[tuple[str, str | None], str] = {}
    for record in records:
        value = json.loads(record.value)
        revisions.setdefault(value["breach_id"], []).append(value["revision"])
        latest[value["ticket_id"], value["level"]] = dict(record.headers)["ce_type"].decode()
    assert all(told == list(range(1, len(told) + 1)) for told in revisions.values())
    return latest


async def test_nothing_is_lost_or_told_twice_when_the_process_is_killed_again_and_again(
    bootstrap: str,
) -> None:
    rig, tickets = await new_rig(bootstrap, partitions=3, target=3_000), 6_000
    await rig.publish(history(tickets, now_ms(), rig.target))
    announcements = told(tickets)
    for share in (0.01, 0.2, 0.5):
        async with child(rig, "only") as process:
            await rig.announced(at_least=int(share * announcements), within=60)
            process.kill()
    async with child(rig, "only"):
        records = await rig.announced(at_least=announcements, within=60)
    assert net(records) == expected(tickets)
    types = Counter(dict(record.headers)["ce_type"] for record in records)
    assert (
        b"sla.breach_retracted" not in types
    )  # all facts were in the log: whoever told a breach had read them


class Seen(NullObserver):
    """Waits for the group's assignments."""

    def __init__(self) -> None:
        self.times = 0  # of an assignment
        self._running = 0
        self._changed = asyncio.Event()

    def assigned(self, partitions: int) -> None:
        self._running = 0
        self.times += 1

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        self._running += 1
        self._changed.set()

    async def owns(self, partitions: int) -> None:
        async with asyncio.timeout(30):
            while self._running != partitions:
                self._changed.clear()
                await self._changed.wait()


async def test_a_second_worker_takes_its_share_and_gives_it_back(bootstrap: str) -> None:
    rig, tickets, first, second = await new_rig(bootstrap, partitions=4), 300, Seen(), Seen()
    async with rig.worker(observer=first) as worker:
        assert worker.expected == 4
        await rig.publish(history(tickets, now_ms(), rig.target))
        async with rig.worker(observer=second):
            await first.owns(2)
            await second.owns(2)
            await rig.publish(history(tickets, now_ms() + 1, rig.target))  # received again: evidence only
            await rig.announced(at_least=told(tickets))
        await first.owns(4)
        await rig.publish([event("T1000", "received", now_ms())])
        records = await rig.announced(at_least=told(tickets) + 2)
    assert net(records) == expected(tickets) | {
        ("T1000", "minor"): "sla.breached",
        ("T1000", "major"): "sla.breached",
    }


async def with_twin(rig: Rig, first: Seen, second: Seen) -> None:
    """Two workers with one instance, one after the other; there are announcements when it ends."""
    async with rig.worker("one", first) as displaced:
        await first.owns(1)
        async with rig.worker("one", second) as other:
            await second.owns(1)
            with suppress(GroupError):
                async with asyncio.timeout(30):
                    await displaced.run()
            await rig.publish([event("T1", "received", now_ms())])
            await rig.announced(at_least=2)
            assert (len(displaced.status()), len(other.status())) == (0, 1)


async def test_who_is_displaced_by_another_with_its_instance_ends_and_leaves_the_other_alone(
    bootstrap: str,
) -> None:
    rig, first, second = await new_rig(bootstrap), Seen(), Seen()
    with pytest.raises(GroupError, match="another process has joined as one: each needs its own"):
        await with_twin(rig, first, second)
    assert (first.times, second.times) == (1, 1)


async def test_a_process_that_slept_through_its_end_tells_nothing_more(bootstrap: str) -> None:
    rig, tickets = await new_rig(bootstrap, target=500), 90
    received = now_ms()
    await rig.publish(history(tickets, received, rig.target))
    async with child(rig) as zombie:
        await rig.announced(at_least=told(tickets))
        # One more deadline, armed in the memory of both when the first wakes up:
        await rig.publish([event("T1000", "received", now_ms() + 13_000)])
        zombie.send_signal(signal.SIGSTOP)
        owner = Seen()
        async with rig.worker(observer=owner):
            await owner.owns(1)
            zombie.send_signal(signal.SIGCONT)
            records = await rig.announced(at_least=told(tickets) + 2)
    standing = expected(tickets) | {("T1000", "minor"): "sla.breached", ("T1000", "major"): "sla.breached"}
    assert net(records) == standing
    assert await read(bootstrap, rig.topics.rejected) == []
