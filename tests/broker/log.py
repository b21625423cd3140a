"""What the broker tests do with topics that nobody else uses."""

import itertools
import os
from collections.abc import Iterable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.record.util import calc_crc32c

from service.kafka.codec.record import Record
from service.kafka.topics.progress import is_progress

_numbers = itertools.count()


async def new_topics(
    bootstrap: str, names: Iterable[str], partitions: int = 1, config: Mapping[str, str] | None = None
) -> list[str]:
    """Creates topics under a name of their own each and gives these names."""
    names = [f"{name}-{os.getpid()}-{next(_numbers)}" for name in names]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics(
        [NewTopic(name, partitions, 1, topic_configs=dict(config or {})) for name in names]
    )
    while any(topic["error_code"] for topic in await admin.describe_topics(names)):
        pass  # a broker answers before it knows its new topics
    await admin.close()
    return names


async def create(bootstrap: str, topic: str, config: Mapping[str, str], replicas: int = 1) -> None:
    """A topic of one partition, as somebody else might make it; returns when it is known."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    answer = await admin.create_topics([NewTopic(topic, 1, replicas, topic_configs=dict(config))])
    assert [error for _, error, *_ in answer.topic_errors] == [0], answer
    while any(topic["error_code"] for topic in await admin.describe_topics([topic])):
        pass  # see new_topics
    await admin.close()


async def write(
    bootstrap: str,
    topic: str,
    records: Iterable[tuple[int, bytes, bytes | None]],
    headers: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Sends (partition, key, value), each with these headers, and waits until the log has them."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        sent = [
            await producer.send(topic, key=key, value=value, partition=partition, headers=list(headers))
            for partition, key, value in records
        ]
        for future in sent:
            await future


async def write_unreadable_name(bootstrap: str, topic: str, events: Iterable[tuple[str, bytes]]) -> None:
    """Sends events in one batch to partition 0, each with a header whose name is no UTF-8."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        batch = producer.create_batch()
        for ticket, value in events:
            batch.append(timestamp=None, key=ticket.encode(), value=value, headers=[("NAME", b"value")])
        content = batch._build()
        content[:] = content.replace(b"NAME", b"\xff\xfe\xfd\xfc")
        content[17:21] = calc_crc32c(bytes(content[21:])).to_bytes(4, "big")
        await (await producer.send_batch(batch, topic, partition=0))


async def read(bootstrap: str, *topics: str, progress: bool = False) -> list[Record]:
    """All that a read-committed consumer gets from these topics now, by topic, partition and offset.

    What owners say of their own progress comes with `progress` only.
    """
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    records: list[Record] = []
    async with reader:
        for topic in topics:
            partitions = [TopicPartition(topic, n) for n in await reader._client._wait_on_metadata(topic)]
            reader.assign(partitions)
            ends = await reader.end_offsets(partitions)
            while any([await reader.position(partition) < ends[partition] for partition in partitions]):
                for batch in (await reader.getmany(timeout_ms=50)).values():
                    records += batch
    wanted = [record for record in records if progress or not is_progress(record)]
    return sorted(wanted, key=lambda record: (record.topic, record.partition, record.offset))
