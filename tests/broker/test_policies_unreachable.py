"""Topic `sla.policies` cannot be reached for a minute: deadlines wait, and all are told afterwards, once.

The broker that alone has the topic hangs; everything else lies on two others, and goes on. The minute is a
real one: the service goes by Kafka's clock, which no test can set.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from schemas.instant import milliseconds
from schemas.instant import read as read_instant
from schemas.topics import BREACHES, CLOCKS, POLICIES, TOPICS
from service.clock import now_ms
from service.demo.maven_broker import MavenBroker, maven_broker
from service.kafka.client.transactional_producer import discard, open_producer
from service.kafka.codec.record import Record
from service.kafka.topics.progress import is_progress
from tests.broker.live import POLICY, event, publish
from tests.broker.service import environment, running, until
from tests.broker.soon import ticket_in

A_MINUTE = 60_000  # ms
TARGET = 1_000  # ms
PARTITIONS = 2
ONE_COPY = {
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
}
WITHIN = 60  # seconds


@pytest.fixture
def cluster() -> Iterator[MavenBroker]:
    with maven_broker(count=3, properties=ONE_COPY) as brokers:
        yield brokers


@asynccontextmanager
async def administering(cluster: MavenBroker) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def coordinators(cluster: MavenBroker, admin: AIOKafkaAdminClient) -> set[int]:
    """The brokers that coordinate groups and transactions; asking for them makes their topics."""
    await discard(await open_producer({"bootstrap_servers": cluster.bootstrap}, "first"))
    async with asyncio.timeout(WITHIN):
        while True:
            try:
                await admin.find_coordinator("first")
                break
            except KafkaError:
                continue
    topics = await admin.describe_topics(["__consumer_offsets", "__transaction_state"])
    return {partition["leader"] for topic in topics for partition in topic["partitions"]}


async def place(cluster: MavenBroker, prefix: str) -> int:
    """Makes the topics; gives the index of the broker that has the policies and nothing else."""
    async with administering(cluster) as admin:
        alone, *others = sorted({1, 2, 3}, key=(await coordinators(cluster, admin)).__contains__)
        spread = {number: [others[number]] for number in range(PARTITIONS)}
        answer = await admin.create_topics(
            [
                NewTopic(
                    topic.named(prefix),
                    -1,
                    -1,
                    {0: [alone]} if topic is POLICIES else spread,
                    dict(topic.config),
                )
                for topic in TOPICS
            ]
        )
        assert [error for _, error, *_ in answer.topic_errors] == [0] * len(TOPICS), answer
        names = [topic.named(prefix) for topic in TOPICS]
        while any(topic["error_code"] for topic in await admin.describe_topics(names)):
            pass  # a broker answers before it knows its new topics
    return alone - 1


class Announced:
    """What is announced, as it comes."""

    def __init__(self, reader: AIOKafkaConsumer) -> None:
        self._reader = reader
        self.rows: list[tuple[str, str, int | None, int]] = []  # ticket, type, due instant, revision
        self.late: set[str] = set()  # tickets of which it is said that they are told late

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            for records in (await self._reader.getmany(timeout_ms=1_000)).values():
                for record in records:
                    if not is_progress(record):
                        self._take(record, json.loads(record.value))

    def _take(self, record: Record, said: dict[str, Any]) -> None:
        type_ = dict(record.headers)["ce_type"].decode().removeprefix("sla.")
        due = said["due_at"]
        self.rows.append((said["ticket_id"], type_, milliseconds(read_instant(due)), said["revision"]))
        if said["late_detection"]:
            self.late.add(said["ticket_id"])


@asynccontextmanager
async def announced(cluster: MavenBroker, prefix: str) -> AsyncIterator[Announced]:
    async with AIOKafkaConsumer(
        bootstrap_servers=cluster.bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    ) as reader:
        topics = [topic.named(prefix) for topic in (BREACHES, CLOCKS)]
        reader.assign([TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)])
        yield Announced(reader)


def states(client: httpx.Client) -> set[str]:
    """Of its partitions."""
    return set(client.get("/readyz").json()["partitions"].values())


@pytest.mark.broker
async def test_while_the_policies_cannot_be_reached_deadlines_wait_and_then_all_are_told_once(
    cluster: MavenBroker, prefix: str, tmp_path: Path
) -> None:
    alone = cluster.nodes[await place(cluster, prefix)]
    (tmp_path / "quick.yaml").write_text(POLICY)
    env = environment(cluster.bootstrap, prefix, SLA_POLICIES=str(tmp_path))

    async def happen(*events: tuple[str, str, int]) -> None:
        sent = [(ticket, event(ticket, kind, at)) for ticket, kind, at in events]
        await publish(cluster.bootstrap, prefix, PARTITIONS, sent)

    with running(env) as (process, client):
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        async with announced(cluster, prefix) as told, asyncio.timeout(A_MINUTE / 1_000 + 2 * WITHIN):
            begun = now_ms()
            # Due before, and every five seconds of the minute.
            ahead = [
                (ticket_in(number % PARTITIONS, PARTITIONS, f"ahead-{number}"), begun + number * 5_000)
                for number in range(1, 12)
            ]
            await happen(
                ("early", "received", begun - TARGET), *((name, "received", at) for name, at in ahead)
            )
            await told.until(lambda: bool(told.rows))
            assert told.rows[0] == ("early", "breached", begun, 1)

            alone.freeze()
            frozen = now_ms()
            await happen(
                ("never", "received", frozen),
                ("late", "received", frozen),
                ("late", "response_started", frozen + TARGET + 1),
                ("kept", "received", frozen),
                ("kept", "response_started", frozen + TARGET),
            )
            await told.until(lambda: now_ms() > frozen + A_MINUTE)
            kept = ("kept", "met", frozen + TARGET, 1)
            assert set(told.rows[1:]) <= {
                kept,
                *((name, "breached", at + TARGET, 1) for name, at in ahead if at + TARGET < frozen),
            }
            assert states(client) == {"silent"}
            assert client.get("/livez").status_code == 200

            alone.thaw()
            expected = [
                ("early", "breached", begun, 1),
                *((name, "breached", at + TARGET, 1) for name, at in ahead),
                ("never", "breached", frozen + TARGET, 1),
                ("late", "breached", frozen + TARGET, 1),
                ("late", "breach_settled", frozen + TARGET, 2),
                kept,
            ]
            await told.until(lambda: len(told.rows) >= len(expected))
            sys.stdout.write(f"all was told {now_ms() - frozen - A_MINUTE} ms after the minute\n")
            assert sorted(told.rows) == sorted(expected)
            assert {"never", "late"} <= told.late
            until(client, "/readyz", lambda answer: answer.status_code == 200)
        assert process.poll() is None
        process.kill()
        assert f"cannot fetch the end offset of {POLICIES.named(prefix)}-0" in "".join(process.lines())
