"""What is told while clocks are wrong and processes sleep: nothing false, at worst late and saying so."""

import json
import signal
from dataclasses import dataclass, field, replace

from aiokafka import AIOKafkaProducer

from service.kafka.horizon import SILENT_AFTER
from service.kafka.observer import Observer
from service.kafka.record import Record
from service.kafka.status import State
from service.kafka.terms import Terms
from service.now import now_ms
from tests.broker.log import read
from tests.broker.rig import Rig, event, new_rig, only
from tests.broker.test_ownership import child
from tests.sla.stories import HOUR


@dataclass
class Wall:
    """A wall clock that somebody sets while the service runs."""

    ahead: int = 0  # ms

    def now(self) -> int:
        return now_ms() + self.ahead


@dataclass(frozen=True)
class WithWall(Rig):
    wall: Wall = field(default_factory=Wall)

    def terms(self, observer: Observer) -> Terms:
        return replace(super().terms(observer), now=self.wall.now)


async def with_wall(bootstrap: str, target: int) -> WithWall:
    return WithWall(**vars(await new_rig(bootstrap, target=target)))


def what(records: list[Record]) -> list[tuple[str, str, str | None]]:
    """(ticket, type, level) in the order of the log."""
    values = [(dict(record.headers)["ce_type"].decode(), json.loads(record.value)) for record in records]
    return [(value["ticket_id"], type_.removeprefix("sla."), value["level"]) for type_, value in values]


async def test_no_deadline_lapses_because_the_clock_was_set_an_hour_ahead(bootstrap: str) -> None:
    rig = await with_wall(bootstrap, target=20_000)
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
    assert what(records) == [("T2", "breached", "minor"), ("T1", "met", None)]
    assert json.loads(records[0].value)["late_detection"] is True


async def test_what_comes_due_while_the_clock_is_set_back_is_told_late(bootstrap: str) -> None:
    rig = await with_wall(bootstrap, target=500)
    async with rig.worker() as worker:
        await rig.publish([event("T1", "received", now_ms())])
        await rig.announced(at_least=2)
        rig.wall.ahead = -48 * HOUR
        await rig.publish([event("T2", "received", now_ms())])  # by that clock, two days ahead
        while only(worker).next_at is None:
            await rig.publish([])
        assert worker.astray < -47 * HOUR
        rig.wall.ahead = 0
        records = await rig.announced(at_least=4)
    assert what(records) == [
        (ticket, "breached", level) for ticket in ("T1", "T2") for level in ("minor", "major")
    ]
    assert await read(bootstrap, rig.topics.rejected) == []


async def test_record_timestamps_of_a_producer_whose_clock_is_wrong_change_nothing(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, target=1_000)
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
        owner._horizon._heard_at -= SILENT_AFTER
        assert only(worker).state is State.SILENT
        await rig.publish([event("T2", "received", now_ms())])
        await rig.announced(at_least=4)
        assert only(worker).state is State.RUNNING
