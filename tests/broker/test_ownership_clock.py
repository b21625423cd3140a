"""What is told while clocks are set and processes sleep: nothing false, at worst late and saying so.

Whole processes whose clock is wrong from the start: test_wrong_clock.py.
"""

import asyncio
import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from service.clock import elapsed_ms, now_ms
from service.kafka.client.groupless_consumer import spans
from service.kafka.codec.record import Record
from service.kafka.exactly_once.completeness import SILENT_AFTER_SECONDS
from service.kafka.exactly_once.context import OwnerSettings
from service.kafka.exactly_once.observer import Observer
from service.kafka.exactly_once.status import OwnerState
from service.sla.log_time import ASK_AFTER_MS
from tests.broker.log import read
from tests.broker.rig import BY_THE_LOG, BY_THE_WRITER, Rig, event, new_rig, only
from tests.broker.test_ownership import child
from tests.sla.stories import HOUR


@dataclass
class Wall:
    """A wall clock that somebody sets while the service runs."""

    ahead: int = 0  # ms
    passed: int = 0  # ms; more than really did

    def now(self) -> int:
        return now_ms() + self.ahead + self.passed

    def elapsed(self) -> int:
        return elapsed_ms() + self.passed


@dataclass(frozen=True)
class WithWall(Rig):
    wall: Wall = field(default_factory=Wall)

    def terms(self, observer: Observer) -> OwnerSettings:
        return replace(super().terms(observer), now=self.wall.now, elapsed=self.wall.elapsed)


async def with_wall(bootstrap: str, target: int, config: Mapping[str, str] = BY_THE_LOG) -> WithWall:
    return WithWall(**vars(await new_rig(bootstrap, target=target, config=config)))


# With Kafka's time it is known which of our clocks is right.
KAFKAS_TIME = pytest.mark.parametrize(("config", "late"), [(BY_THE_LOG, False), (BY_THE_WRITER, True)])


def what(records: list[Record]) -> list[tuple[str, str, str | None]]:
    """(ticket, type, level) in the order of the log."""
    values = [(dict(record.headers)["ce_type"].decode(), json.loads(record.value)) for record in records]
    return [(value["ticket_id"], type_.removeprefix("sla."), value["level"]) for type_, value in values]


@KAFKAS_TIME
async def test_no_deadline_lapses_because_the_clock_was_set_an_hour_ahead(
    bootstrap: str, config: Mapping[str, str], late: bool
) -> None:
    rig = await with_wall(bootstrap, 20_000, config)
    async with rig.worker() as worker:
        received = now_ms()
        await rig.publish([event("T1", "received", received)])
        while not worker.status() or only(worker).next_at is None:
            await rig.publish([])
        rig.wall.ahead = HOUR
        await rig.publish([event("T2", "received", now_ms() - 19_500)])
        await rig.announced(at_least=1)  # so the log was asked by the new time
        await rig.publish([event("T1", "response_started", received + 20_000)])
        records = await rig.announced(at_least=2)
        assert abs(worker.astray - HOUR) < 1_000
        assert worker.clock.compared is not late
    assert what(records) == [("T2", "breached", "minor"), ("T1", "met", None)]
    assert json.loads(records[0].value)["late_detection"] is late


@KAFKAS_TIME
async def test_what_comes_due_while_the_clock_is_set_back_is_told_late_unless_kafkas_time_is_known(
    bootstrap: str, config: Mapping[str, str], late: bool
) -> None:
    rig = await with_wall(bootstrap, 500, config)
    async with rig.worker() as worker:
        await rig.publish([event("T1", "received", now_ms())])
        await rig.announced(at_least=2)
        rig.wall.ahead = -48 * HOUR
        await rig.publish([event("T2", "received", now_ms())])  # by that clock, two days ahead
        while only(worker).next_at is None:
            await rig.publish([])
        assert worker.astray < -47 * HOUR
        if not late:
            await rig.announced(at_least=4)
        rig.wall.ahead = 0
        records = await rig.announced(at_least=4)
    assert what(records) == [
        (ticket, "breached", level) for ticket in ("T1", "T2") for level in ("minor", "major")
    ]
    assert await read(bootstrap, rig.topics.rejected) == []


async def test_record_timestamps_of_a_producer_whose_clock_is_wrong_change_nothing(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, target=1_000, config=BY_THE_WRITER)
    async with rig.worker():
        received = now_ms()
        await rig.publish([event("T1", "received", received)])
        async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
            for hours in (-5, 0.9):  # a broker of today takes no more than an hour ahead
                ticket, value = event(f"other-{hours}", "received", received)
                timestamp = received + round(hours * HOUR)
                await producer.send_and_wait(
                    rig.topics.lifecycle, value, ticket.encode(), timestamp_ms=timestamp
                )
        await rig.publish([event("T1", "response_started", received + 1_000)])
        records = await rig.announced(at_least=5)
    assert ("T1", "met", None) in what(records)
    assert not [row for row in what(records) if row[0] == "T1" and row[1] != "met"]


async def test_a_process_that_was_stopped_reads_on_before_it_says_that_time_is_up(bootstrap: str) -> None:
    rig, tickets = await new_rig(bootstrap, target=400), 6
    async with child(rig, "only") as process:
        await rig.publish([event("T0", "received", now_ms() - 10_000)])
        await rig.announced(at_least=2)
        for number in range(1, tickets + 1):
            ticket, received = f"T{number}", now_ms()
            await rig.publish([event(ticket, "received", received)])
            if number % 2:  # stopped with the deadline armed, or before it has read of the ticket
                await rig.publish([event(f"{ticket}-before", "received", received - 10_000)])
            process.send_signal(signal.SIGSTOP)
            await rig.publish([event(ticket, "response_started", received + 400)])
            while now_ms() < received + 1_000:
                await rig.publish([])
            process.send_signal(signal.SIGCONT)
        records = await rig.announced(at_least=2 + tickets + tickets)
    answered = {f"T{number}" for number in range(1, tickets + 1)}
    assert [row for row in what(records) if row[0] in answered and row[1] != "met"] == []


async def test_who_has_long_not_heard_of_the_log_is_silent_until_it_answers(bootstrap: str) -> None:
    rig = await new_rig(bootstrap)
    async with rig.worker() as worker:
        await rig.publish([event("T1", "received", now_ms() - 10_000)])
        await rig.announced(at_least=2)
        (owner,) = worker._owners.values()
        owner._tenure.completeness._heard_at -= SILENT_AFTER_SECONDS
        assert only(worker).state is OwnerState.SILENT
        await rig.publish([event("T2", "received", now_ms())])
        await rig.announced(at_least=4)
        assert only(worker).state is OwnerState.RUNNING


async def test_an_idle_process_holds_its_clock_against_kafkas_again_after_a_while(bootstrap: str) -> None:
    rig = await with_wall(bootstrap, target=1_000)
    changelog = TopicPartition(rig.topics.tickets, 0)

    async def end() -> int:
        return (await spans({"bootstrap_servers": bootstrap}, changelog))[changelog].end

    async with rig.worker() as worker, asyncio.timeout(30):
        while not worker.status() or only(worker).watermark is None:
            await rig.publish([])
        assert await end() == 2  # a record that says nothing, and the commit's marker
        for compared in (2, 3):
            rig.wall.passed += ASK_AFTER_MS
            while await end() < 2 * compared:
                pass
    assert [record.value for record in await read(bootstrap, rig.topics.tickets)] == [None] * 3
    async with rig.worker() as worker, asyncio.timeout(30):  # who reads them has no ticket
        while not worker.status() or only(worker).state is not OwnerState.RUNNING:
            await rig.publish([])
        assert (only(worker).tickets, only(worker).restored) == (0, 6)


async def test_a_partition_that_comes_back_is_not_compared_again(bootstrap: str) -> None:
    rig = await new_rig(bootstrap)
    source, changelog = TopicPartition(rig.topics.lifecycle, 0), TopicPartition(rig.topics.tickets, 0)
    async with rig.worker() as worker, asyncio.timeout(30):
        for _ in range(3):
            while only(worker).watermark is None if worker.status() else True:
                await rig.publish([])
            await worker.on_partitions_revoked({source})
            await worker.on_partitions_assigned({source})
    assert (await spans({"bootstrap_servers": bootstrap}, changelog))[changelog].end == 2
