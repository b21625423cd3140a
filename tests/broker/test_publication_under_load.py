"""A version takes effect in the middle of traffic: each cycle gets its version, and nothing restarts."""

import asyncio
import random
import sys
from collections.abc import Iterator
from heapq import heappop, heappush
from pathlib import Path

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.instant import milliseconds, written
from schemas.instant import read as read_instant
from schemas.topics import BREACHES, CLOCKS
from service.clock import now_ms
from service.demo.broker import Broker
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.record import Record
from service.kafka.topics.progress import is_progress
from tests.broker.live import event, set_up
from tests.broker.service import Service, running, until
from tests.broker.soon import publish_soon, ticket_in
from tests.broker.test_real_log import judged, net, same

PARTITIONS = 4
A_SECOND = 500  # events
SETTLED_WITHIN = 120_000  # ms
BEFORE = 1.6  # times what two starts took, from before the publication to the effect
ANSWERED, ANSWERED_WITHIN = 0.7, 3_000  # so many of the tickets, within so many ms
AFTERWARDS = 1_500  # ms of traffic after the effect
POLICY = """
policy: quick
version: {version}
effective_from: {since}
title: {{en: Quick}}
clocks:
  response:
    start: received
    stop: [response_started]
    levels: [{{level: minor, after: {minor}ms}}, {{level: major, after: {major}ms}}]
"""
OLD = POLICY.format(version=1, since="2026-01-01T00:00:00Z", minor=1_000, major=2_000)


def new(effective: int) -> str:
    return POLICY.format(version=2, since=written(effective), minor=500, major=2_500)


class Traffic:
    """Tickets that come all the time; some are answered in time, some late, some never."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self.sent: list[bytes] = []
        self._producer, self._topic = producer, topic
        self._dice = random.Random(1)
        self._began = now_ms()
        self._answers: list[tuple[int, str]] = []  # when, and of which ticket

    @property
    def rate(self) -> float:
        """Events a second."""
        return len(self.sent) * 1_000 / (now_ms() - self._began)

    async def flow(self, until: int) -> None:
        """Send at the rate, until that instant (ms), each event dated when it is sent."""
        while (now := now_ms()) < until:
            due = (now - self._began) * A_SECOND // 1_000 - len(self.sent)
            await asyncio.gather(*[await self._next() for _ in range(max(1, due))])

    async def receive(self, tickets: Iterator[tuple[str, int]]) -> None:
        """Send receipts, dated as told."""
        await asyncio.gather(*[await self._send(name, "received", at) for name, at in tickets])

    async def _next(self) -> "asyncio.Future[object]":
        now = now_ms()
        if self._answers and self._answers[0][0] <= now:
            _, ticket = heappop(self._answers)
            return await self._send(ticket, "response_started", now)
        ticket = f"T{len(self.sent)}"
        if self._dice.random() < ANSWERED:
            heappush(self._answers, (now + self._dice.randrange(ANSWERED_WITHIN), ticket))
        return await self._send(ticket, "received", now)

    async def _send(self, ticket: str, kind: str, at: int) -> "asyncio.Future[object]":
        """Gives what is done once the log has it."""
        key, value = ticket.encode(), event(ticket, kind, at)
        self.sent.append(value)
        return await self._producer.send(self._topic, value, key, partition=murmur2(key, PARTITIONS))


def around(lot: str, effective: int) -> Iterator[tuple[str, int]]:
    """Three tickets of each partition, received about the instant of the effect."""
    for partition in range(PARTITIONS):
        for after in (-1, 0, 1):
            yield ticket_in(partition, PARTITIONS, f"{lot}{after}-{partition}"), effective + after


async def drive(bootstrap: str, env: dict[str, str], directory: Path, soon: int) -> tuple[list[bytes], int]:
    """Traffic before, during and after a publication; gives what was sent, and when it takes effect.

    That is `soon` ms after the beginning.
    """
    topic = f"{env['SLA_TOPIC_PREFIX']}complaints.lifecycle"
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5) as producer:
        traffic, effective = Traffic(producer, topic), now_ms() + soon
        await traffic.receive(around("before", effective))
        publishing = asyncio.to_thread(publish_soon, env, directory, second=new(effective))
        await asyncio.gather(publishing, traffic.flow(effective - soon // 4))
        assert now_ms() < effective, "the machine is too slow for this test"
        await traffic.receive(around("known", effective))
        await traffic.flow(effective)
        await traffic.receive(around("then", effective))
        await traffic.flow(effective + AFTERWARDS)
        sys.stdout.write(f"{traffic.rate:.0f} events a second\n")
    return traffic.sent, effective


async def settled(bootstrap: str, prefix: str, expected: dict[str, dict]) -> dict[str, dict]:
    """What stands once it is what was expected, or when time is up. Each record is read once."""
    records: list[Record] = []
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    ) as reader:
        topics = [topic.named(prefix) for topic in (BREACHES, CLOCKS)]
        reader.assign([TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)])
        until = now_ms() + SETTLED_WITHIN
        while now_ms() < until and (len(records) < len(expected) or same(net(records)) != same(expected)):
            for batch in (await reader.getmany(timeout_ms=1_000)).values():
                records += [record for record in batch if not is_progress(record)]
    return net(records)


def shares(answer: httpx.Response) -> bool:
    """True of a process that is ready and judges half of the tickets."""
    tickets = [name for name in answer.json()["partitions"] if "complaints.lifecycle" in name]
    return answer.status_code == 200 and len(tickets) == PARTITIONS // 2


def took_it_up(process: Service) -> int:
    """How often it says so; it ends."""
    assert process.poll() is None
    process.kill()
    return sum("quick version 2 is published" in line for line in process.lines())


def test_under_load_each_cycle_is_judged_by_the_version_in_force_at_its_start(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    env = set_up(kafka.bootstrap, prefix, tmp_path, PARTITIONS)
    (tmp_path / "policies" / "quick.yaml").write_text(OLD)
    one, other = (env | {"SLA_INSTANCE": name} for name in ("one", "other"))
    began = now_ms()
    with running(one) as (first, of_first), running(other) as (second, of_second):
        for client in (of_first, of_second):
            until(client, "/readyz", shares)
        soon = int(BEFORE * (now_ms() - began))
        sent, effective = asyncio.run(drive(kafka.bootstrap, env, tmp_path, soon))
        (tmp_path / "policies" / "second.yaml").write_text(new(effective))
        log = tmp_path / "events.jsonl"
        log.write_bytes(b"\n".join(sent))
        expected = judged(env, log, [])
        found = asyncio.run(settled(kafka.bootstrap, prefix, expected))
        assert (took_it_up(first), took_it_up(second)) == (1, 1)
    assert same(found) == same(expected)
    starts = [
        (milliseconds(read_instant(row["started_at"])), row["policy"]["version"]) for row in found.values()
    ]
    assert {(at < effective, version) for at, version in starts} == {(True, 1), (False, 2)}
    assert {at - effective for at, _ in starts} >= {-1, 0, 1}
