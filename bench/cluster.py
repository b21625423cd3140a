"""The broker that is measured against, and topics filled with records in a few seconds."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError

from schemas.topics import POLICIES as POLICIES_TOPIC
from schemas.topics import TOPICS
from service.demo.maven_broker import maven_broker
from service.kafka.client.groupless_consumer import count
from service.kafka.topics.ensure import ensure
from service.policy.directory import read_policies
from service.processes.policies import publish_policies
from service.settings import read_settings

POLICIES = Path(__file__).parents[1] / "policies"
# A broker that is measured gets its compiler and its heap, unlike that of the tests.
_JVM = ("-Xms1g", "-Xmx1g")
_BATCH = 500_000  # bytes

Row = tuple[bytes, bytes | None, Sequence[tuple[str, bytes]]]  # key, value and headers of a record


@contextmanager
def cluster() -> Iterator[str]:
    """Address of a broker that nobody else uses, for as long as the block runs."""
    with maven_broker(jvm=_JVM) as broker:
        yield broker.bootstrap


@asynccontextmanager
async def topics(
    bootstrap: str, prefix: str, partitions: int, policies: Path = POLICIES
) -> AsyncIterator[None]:
    """The service's topics under a prefix, gone after the block: the disk is small.

    The policies are published: later, when tickets are remembered, none that is in force already would be.
    """
    reach = {"bootstrap_servers": bootstrap}
    await ensure(reach, prefix, partitions)
    settings = read_settings({"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "SLA_TOPIC_PREFIX": prefix})
    published = POLICIES_TOPIC.named(prefix)
    while not (await count(reach, [published]))[published]:
        pass  # a broker answers before it knows its new topics
    await publish_policies(reach, settings, read_policies(policies))
    try:
        yield
    finally:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        await admin.delete_topics([topic.named(prefix) for topic in TOPICS])
        await admin.close()


async def fill(bootstrap: str, topic: str, rows: Mapping[int, Iterable[Row]]) -> int:
    """Writes the rows of each partition in order, and gives how many they were."""
    written = 0
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_batch_size=_BATCH) as producer:
        for partition, given in rows.items():
            batch, sent = producer.create_batch(), []
            for key, value, headers in given:
                head = list(headers)
                if not batch.append(timestamp=None, key=key, value=value, headers=head):
                    sent.append(await producer.send_batch(batch, topic, partition=partition))
                    batch = producer.create_batch()
                    batch.append(timestamp=None, key=key, value=value, headers=head)
                written += 1
            sent.append(await producer.send_batch(batch, topic, partition=partition))
            for future in sent:
                await future
    return written


async def committed(admin: AIOKafkaAdminClient, group: str, topic: str) -> int:
    """The sum of the group's committed offsets over the partitions of a topic."""
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):  # a new broker has none at first
        return 0
    return sum(max(0, found.offset) for place, found in offsets.items() if place.topic == topic)
