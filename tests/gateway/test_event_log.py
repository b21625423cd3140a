"""What a log of events does: the one in memory, which other tests use, and the one on Kafka alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.clock import now_ms
from service.demo.broker import Broker
from service.demo.maven_broker import maven_broker
from service.errors import UnavailableError
from service.gateway.intake import MappedEvent
from service.gateway.port import EventLog
from service.kafka.codec.partitioner import murmur2
from service.kafka.topics.event_log import KafkaEventLog, WrittenTopics
from tests.broker.log import new_topics, read
from tests.gateway.fake_log import FakeLog

ANSWERS_WITHIN_MS = 3_500
PARTITIONS = 3
Pairs = list[tuple[bytes, bytes]]
Letters = list[tuple[bytes, bytes, list[tuple[str, bytes]]]]


@dataclass
class Stage:
    """A log, what is in it, and its absence."""

    log: EventLog
    events: Callable[[], Awaitable[Pairs]]
    letters: Callable[[], Awaitable[Letters]]
    leave: Callable[[], object]
    come_back: Callable[[], object]


@asynccontextmanager
async def in_memory(_: object) -> AsyncIterator[Stage]:
    log = FakeLog()

    async def events() -> Pairs:
        return log.events

    async def letters() -> Letters:
        return log.letters

    yield Stage(log, events, letters, lambda: setattr(log, "away", True), lambda: setattr(log, "away", False))


@asynccontextmanager
async def on_kafka(broker: Broker) -> AsyncIterator[Stage]:
    lifecycle, undeliverable = await new_topics(broker.bootstrap, ["lifecycle", "undeliverable"], PARTITIONS)
    reach = {"bootstrap_servers": [broker.bootstrap]}
    log = KafkaEventLog(reach, WrittenTopics(lifecycle, undeliverable, {}), murmur2, 2**21)
    running = asyncio.create_task(log.run())

    async def events() -> Pairs:
        return [
            (record.key or b"", record.value or b"") for record in await read(broker.bootstrap, lifecycle)
        ]

    async def letters() -> Letters:
        return [
            (record.key or b"", record.value or b"", [(name, value or b"") for name, value in record.headers])
            for record in await read(broker.bootstrap, undeliverable)
        ]

    def freeze() -> None:
        for node in broker.nodes:
            node.freeze()
            while "State:\tT" not in Path(f"/proc/{node.pid}/status").read_text():
                pass  # a process of many threads stops one after the other

    def thaw() -> None:
        for node in broker.nodes:
            node.thaw()

    try:
        yield Stage(log, events, letters, freeze, thaw)
    finally:
        thaw()
        running.cancel()
        await asyncio.wait([running], timeout=10)
        assert running.done()


@pytest.fixture(scope="module")
def own_broker() -> AsyncIterator[Broker]:
    """A broker that may be frozen: others use that of the session."""
    with maven_broker() as running:
        yield running


KINDS = {"in memory": in_memory, "on kafka": on_kafka}
each_log = pytest.mark.parametrize("kind", KINDS)
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


def event(key: str, number: int, size: int = 0) -> MappedEvent:
    return MappedEvent(key.encode(), f"{key} {number}".encode() + bytes(size), "received", 0)


@each_log
async def test_10_events_of_one_key_are_in_their_order(own_broker: Broker, kind: str) -> None:
    async with KINDS[kind](own_broker) as stage:
        sent = [event(f"T-{number % 5}", number) for number in range(40)]
        await stage.log.publish(sent[:20])
        await stage.log.publish(sent[20:])
        there = await stage.events()
        for key in {one.key for one in sent}:
            assert [value for k, value in there if k == key] == [one.value for one in sent if one.key == key]
        assert len(there) == len(sent)


@each_log
async def test_08_what_was_published_is_in_the_log(own_broker: Broker, kind: str) -> None:
    async with KINDS[kind](own_broker) as stage:
        await stage.log.publish([])
        await stage.log.publish([event("T-1", 1, 250_000)])  # nearly as large as an event may be
        assert await stage.events() == [(b"T-1", b"T-1 1" + bytes(250_000))]
        assert stage.log.takes


@each_log
async def test_12_a_dead_letter_is_in_the_log_as_it_is(own_broker: Broker, kind: str) -> None:
    async with KINDS[kind](own_broker) as stage:
        headers = [("a", b"\xff"), ("b", "网".encode())]
        await stage.log.bury(b"desk", b"\xff" * 900_000, headers)
        assert await stage.letters() == [(b"desk", b"\xff" * 900_000, headers)]
        assert await stage.events() == []


@each_log
async def test_08_away_it_says_so_in_time_and_back_it_takes_again(own_broker: Broker, kind: str) -> None:
    async with KINDS[kind](own_broker) as stage:
        await stage.log.publish([event("T-1", 1)])
        stage.leave()
        for send in (lambda: stage.log.publish([event("T-1", 2)]), lambda: stage.log.bury(b"d", b"", [])):
            began = now_ms()
            with pytest.raises(UnavailableError):
                await send()
            assert now_ms() - began < ANSWERS_WITHIN_MS
            assert not stage.log.takes
        stage.come_back()
        async with asyncio.timeout(60):
            while True:
                try:
                    await stage.log.publish([event("T-1", 3)])
                    break
                except UnavailableError:
                    continue
            while not stage.log.takes:  # noqa: ASYNC110 (nobody tells)
                await asyncio.sleep(0)
        there = await stage.events()
        assert there[0] == (b"T-1", b"T-1 1")
        assert there[-1] == (b"T-1", b"T-1 3")


@each_log
async def test_08_many_at_once_are_all_there(own_broker: Broker, kind: str) -> None:
    async with KINDS[kind](own_broker) as stage:
        sent = [event(f"T-{number}", number) for number in range(500)]
        await asyncio.gather(*(stage.log.publish([one]) for one in sent))
        assert sorted(await stage.events()) == sorted((one.key, one.value) for one in sent)


async def test_10_a_key_is_in_the_partition_of_its_murmur2(own_broker: Broker) -> None:
    async with on_kafka(own_broker) as stage:
        await stage.log.publish([event(f"T-{number}", number) for number in range(30)])
        log = stage.log
        assert isinstance(log, KafkaEventLog)
        for record in await read(own_broker.bootstrap, log._topics.lifecycle):
            assert record.partition == murmur2(record.key or b"", PARTITIONS)
            assert dict(record.headers)["content-type"].startswith(b"application/cloudevents+json")


async def test_08_a_topic_that_is_gone_is_no_crash(own_broker: Broker) -> None:
    reach = {"bootstrap_servers": [own_broker.bootstrap]}
    log = KafkaEventLog(reach, WrittenTopics("nowhere", "nowhere-either", {}), murmur2, 0)
    running = asyncio.create_task(log.run())
    with pytest.raises(UnavailableError, match="topic nowhere is missing"):
        await log.publish([event("T-1", 1)])
    assert not log.takes
    running.cancel()
    await asyncio.wait([running], timeout=10)


async def test_20_a_stop_sends_what_is_held_and_ends_in_time_while_the_broker_hangs(
    own_broker: Broker,
) -> None:
    async with on_kafka(own_broker) as stage:
        log = stage.log
        assert isinstance(log, KafkaEventLog)
        await log.publish([event("T-1", 1)])
        stage.leave()
        running = next(task for task in asyncio.all_tasks() if "KafkaEventLog.run" in repr(task.get_coro()))
        began = now_ms()
        running.cancel()
        await asyncio.wait([running], timeout=10)
        assert now_ms() - began < 6_000
        stage.come_back()
