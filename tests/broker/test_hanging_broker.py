"""One broker of three hangs: it takes connections and says nothing. Whatever the others can do goes on."""

import asyncio
import json
import signal
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import httpx
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import NodeNotReadyError
from aiokafka.protocol.transaction import InitProducerIdRequest

from service.clock import now_ms
from service.demo.maven_broker import MavenBroker, Node, maven_broker
from service.kafka.client.admin import Admin
from service.kafka.client.client import Client
from service.kafka.client.groupless_consumer import open_reader, reading
from service.kafka.client.options import connection
from service.kafka.client.transactional_producer import discard, open_producer
from service.kafka.exactly_once.resume import surely
from service.kafka.topics.ensure import ensure
from service.kafka.topics.progress import is_progress
from service.processes.startup_checks import prepare
from service.settings import read_settings
from tests.broker.live import event, publish, set_up
from tests.broker.log import write
from tests.broker.service import environment, running

COPIES = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
}
MOVED = 5.0  # seconds until others lead in its place: a broker's session with the controller lasts 3
BUSY = 2 * MOVED  # where other tests run beside this one; it was 15 and more
READY = 15.0  # seconds, promised from then on
SESSION = 10.0  # seconds of a worker in its group
PARTITIONS = 6  # so many that each hang would meet one of them


@pytest.fixture(scope="module")
def cluster() -> Iterator[MavenBroker]:
    with maven_broker(count=3, properties=COPIES) as running:
        yield running


@pytest.fixture
async def three(cluster: MavenBroker) -> MavenBroker:
    """All three are there and in sync."""
    await whole(cluster)
    return cluster


@asynccontextmanager
async def admin(cluster: MavenBroker) -> AsyncIterator[Admin]:
    asking = Admin(bootstrap_servers=cluster.bootstrap)
    await asking.start()
    try:
        yield asking
    finally:
        await asking.close()


async def leader(cluster: MavenBroker, topic: str, partition: int = 0) -> int:
    """The index of the broker that leads the partition."""
    async with admin(cluster) as asking:
        (found,) = await asking.describe_topics([topic])
    (one,) = [one for one in found["partitions"] if one["partition"] == partition]
    return int(one["leader"]) - 1


async def whole(cluster: MavenBroker) -> None:
    """Until every replica is in sync: a second broker down would stop everything."""
    async with admin(cluster) as asking, asyncio.timeout(60):
        while not all(
            len(partition["isr"]) == len(cluster.nodes)
            for topic in await asking.describe_topics()
            for partition in topic["partitions"]
        ):
            pass


async def copied(cluster: MavenBroker) -> str:
    """A new topic of one partition that every broker has a copy of."""
    topic = f"log-{uuid.uuid4().hex[:6]}"
    async with admin(cluster) as asking:
        await asking.create_topics([NewTopic(topic, 1, len(cluster.nodes))])
    return topic


@contextmanager
def hanging(node: Node) -> Iterator[None]:
    node.freeze()
    try:
        yield
    finally:
        node.thaw()


@asynccontextmanager
async def leader_hanging(cluster: MavenBroker, topic: str) -> AsyncIterator[None]:
    """The broker that leads the topic's first partition hangs, and another one leads it."""
    before = await leader(cluster, topic)
    with hanging(cluster.nodes[before]):
        async with asyncio.timeout(2 * MOVED):
            while await leader(cluster, topic) in (before, -2):
                pass
        yield


def until_ready(client: httpx.Client, within: float) -> None:
    began = monotonic()
    while (answer := client.get("/readyz")).status_code != 200:
        assert monotonic() - began < within, answer.text


@pytest.mark.broker
async def test_what_a_start_asks_of_kafka_is_answered_whichever_broker_hangs(
    three: MavenBroker, prefix: str
) -> None:
    settings = read_settings(environment(three.bootstrap, prefix))
    await ensure(connection(settings), prefix)
    ground = await prepare(settings)
    for node in three.nodes:
        with hanging(node):
            async with asyncio.timeout(MOVED + READY):
                found = (await prepare(settings)).topics
            # Kafka no longer names the broker once it has others lead in its place.
            assert {name: replace(topic, brokers=3) for name, topic in found.items()} == ground.topics


@pytest.mark.broker
async def test_a_worker_that_starts_is_ready_while_the_broker_that_coordinates_its_group_hangs(
    three: MavenBroker, prefix: str, tmp_path: Path
) -> None:
    env = set_up(three.bootstrap, prefix, tmp_path, PARTITIONS) | {"SLA_INSTANCE": "a"}
    with running(env) as (process, client):  # the group's topic is made
        until_ready(client, READY)
        process.kill()
    await whole(three)
    with hanging(three.nodes[await leader(three, "__consumer_offsets")]), running(env) as (process, client):
        until_ready(client, BUSY + READY)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.broker
async def test_another_takes_over_from_a_killed_worker_while_a_broker_hangs(
    three: MavenBroker, prefix: str, tmp_path: Path
) -> None:
    env = set_up(three.bootstrap, prefix, tmp_path, PARTITIONS)
    with (
        running(env | {"SLA_INSTANCE": "a"}) as (killed, first),
        running(env | {"SLA_INSTANCE": "b"}) as (_, second),
    ):
        until_ready(first, READY + SESSION)
        until_ready(second, READY + SESSION)
        await whole(three)
        breaches = f"{prefix}sla.breaches"
        async with leader_hanging(three, "__consumer_offsets"):
            killed.kill()
            tickets = [f"T{number}" for number in range(8 * PARTITIONS)]
            received = now_ms()
            await publish(
                three.bootstrap,
                prefix,
                PARTITIONS,
                [(ticket, event(ticket, "received", received)) for ticket in tickets],
            )
            async with asyncio.timeout(SESSION + READY):
                assert await breached(three, breaches, tickets)


async def breached(cluster: MavenBroker, topic: str, tickets: list[str]) -> bool:
    """Once all of them are."""
    async with reading({"bootstrap_servers": cluster.bootstrap}, committed=True) as reader:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        reader.assign(partitions)
        await reader.seek_to_beginning(*partitions)
        seen: set[str] = set()
        while not seen.issuperset(tickets):
            for records in (await reader.getmany(timeout_ms=200)).values():
                told = [record for record in records if not is_progress(record)]
                seen |= {json.loads(record.value)["ticket_id"] for record in told}
    return True


@pytest.mark.broker
async def test_a_reader_goes_on_soon_after_kafka_moved_what_it_reads(three: MavenBroker) -> None:
    topic = await copied(three)
    await whole(three)
    source = TopicPartition(topic, 0)
    reader = await open_reader({"bootstrap_servers": three.bootstrap}, committed=True)
    reader.assign([source])
    reader.seek(source, 0)
    assert not await reader.getmany(source, timeout_ms=700)  # it waits at the leader
    async with leader_hanging(three, topic):
        await write(three.bootstrap, topic, [(0, b"key", b"value")])
        async with asyncio.timeout(BUSY):
            while not await reader.getmany(source, timeout_ms=200):
                pass
    await reader.stop()


@pytest.mark.broker
async def test_a_transaction_that_waits_for_a_broker_that_hangs_is_given_up_soon(
    three: MavenBroker, prefix: str
) -> None:
    topic = await copied(three)
    producer = await open_producer({"bootstrap_servers": three.bootstrap}, f"{prefix}id")
    await producer.begin_transaction()
    await producer.send_and_wait(topic, b"value")
    await whole(three)
    with hanging(three.nodes[await leader(three, "__transaction_state")]):
        async with asyncio.timeout(BUSY):
            with pytest.raises(Exception, match="Unexpected error during batch delivery"):
                await producer.commit_transaction()
        await discard(producer)
        async with asyncio.timeout(READY):  # the next one with its id finds out what became of it
            await discard(await open_producer({"bootstrap_servers": three.bootstrap}, f"{prefix}id"))


@pytest.mark.broker
async def test_no_broker_is_asked_in_vain_by_a_client_that_knows_who_hangs(three: MavenBroker) -> None:
    client, another = (Client(bootstrap_servers=three.bootstrap, request_timeout_ms=15_000) for _ in "ab")
    await asyncio.gather(client.bootstrap(), another.bootstrap())
    hangs = next(iter(client.cluster.brokers())).nodeId
    with hanging(three.nodes[hangs - 1]):
        assert not await client.ready(hangs)
        async with asyncio.timeout(2.0):
            for _ in range(20):
                await client.fetch_all_metadata()
        for knows in client, another:  # as it is of the same process
            assert hangs not in {knows.get_random_node() for _ in range(20)}
    await asyncio.gather(client.close(), another.close())


@pytest.mark.broker
async def test_nothing_is_sent_on_an_old_connection_to_a_broker_that_another_client_found_silent(
    three: MavenBroker,
) -> None:
    client, another = (Client(bootstrap_servers=three.bootstrap, request_timeout_ms=15_000) for _ in "ab")
    await asyncio.gather(client.bootstrap(), another.bootstrap())
    hangs, *_ = client.cluster.brokers()
    assert await another.ready(hangs.nodeId)
    with hanging(three.nodes[hangs.nodeId - 1]):
        assert not await client.ready(hangs.nodeId)
        with pytest.raises(NodeNotReadyError):  # which says so; any other error leaves its fate unknown
            await another.send(hangs.nodeId, InitProducerIdRequest("id", 1_000))
    await asyncio.gather(client.close(), another.close())


@pytest.mark.broker
async def test_where_a_log_ends_is_sure_only_by_who_leads_it(three: MavenBroker) -> None:
    topic = await copied(three)
    await write(three.bootstrap, topic, [(0, b"key", b"before")])
    await whole(three)
    source, reach = TopicPartition(topic, 0), {"bootstrap_servers": three.bootstrap}
    async with leader_hanging(three, topic):
        await write(three.bootstrap, topic, [(0, b"key", b"after")])
        assert await surely(reach, source) == (0, 2)
    # It has woken up and believes that it leads a log of one record.
    assert await surely(reach, source) == (0, 2)
