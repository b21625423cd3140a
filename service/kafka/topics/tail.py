"""Reads the records that are committed to some topics from now on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.kafka.client.groupless_consumer import count, reading


class Committed(NamedTuple):
    """A committed record."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]


@asynccontextmanager
async def tailing(
    connection: Mapping[str, Any], topics: Sequence[str]
) -> AsyncIterator[AsyncIterator[Committed]]:
    """Yield the records committed after the block was entered, without end, in order per partition.

    Raises RefusalError when Kafka does not answer.
    """
    try:
        async with _at_the_end(connection, topics) as reader:
            yield _records(reader)
    except (KafkaError, OSError) as error:  # TimeoutError is an OSError
        raise RefusalError(f"{', '.join(topics)}: cannot be read: {error or 'no answer'}") from None


@asynccontextmanager
async def _at_the_end(
    connection: Mapping[str, Any], topics: Sequence[str]
) -> AsyncIterator[AIOKafkaConsumer]:
    partitions = [
        TopicPartition(topic, number)
        for topic, many in (await count(connection, topics)).items()
        for number in range(many)
    ]
    async with reading(connection, committed=True) as reader:
        reader.assign(partitions)
        for partition, end in (await reader.end_offsets(partitions)).items():
            reader.seek(partition, end)
        yield reader


async def _records(reader: AIOKafkaConsumer) -> AsyncIterator[Committed]:
    async for record in reader:
        yield Committed(record.topic, record.key, record.value, dict(record.headers))
