"""All that a topic holds now, read without a group: nobody's offsets move."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.kafka.client.groupless_consumer import OffsetSpan, count, reading
from service.kafka.client.patience import PATIENCE, patiently, unreachable
from service.kafka.codec.record import Record


async def partitions_of(connection: Mapping[str, Any], topic: str) -> int:
    """How many partitions a topic has. Raises RefusalError when it is missing or Kafka does not answer."""
    partitions = (await patiently(connection, lambda: count(connection, [topic])))[topic]
    if not partitions:
        raise RefusalError(f"topic {topic}: missing; create it with: sla-timer topics ensure")
    return partitions


async def spans_of(connection: Mapping[str, Any], topic: str) -> dict[int, OffsetSpan]:
    """The committed span of each partition now. Raises RefusalError."""
    partitions = [TopicPartition(topic, number) for number in range(await partitions_of(connection, topic))]

    async def ask() -> dict[int, OffsetSpan]:
        async with reading(connection, committed=True) as reader:
            begins = await reader.beginning_offsets(partitions)
            ends = await reader.end_offsets(partitions)
        return {source.partition: OffsetSpan(begins[source], ends[source]) for source in partitions}

    return await patiently(connection, ask)


async def scan(
    connection: Mapping[str, Any], topic: str, partition: int, span: OffsetSpan
) -> AsyncIterator[Record]:
    """The committed records of a partition within `span`, in order.

    Raises RefusalError when Kafka does not answer, or may not be read.
    """
    source, (begin, end) = TopicPartition(topic, partition), span
    if begin == end:
        return
    try:
        async with reading(connection, committed=True) as reader:
            reader.assign([source])
            reader.seek(source, begin)
            position = begin
            while position < end:
                async with asyncio.timeout(PATIENCE):
                    records, position = await _advance(reader, source, position)
                for record in records:
                    if record.offset < end:
                        yield record
    except (KafkaError, OSError) as error:
        raise unreachable(connection, error) from None


async def _advance(
    reader: AIOKafkaConsumer, source: TopicPartition, position: int
) -> tuple[list[Record], int]:
    """Records, and how far they bring us: also over markers and what compaction removed."""
    records: list[Record] = []
    moved = position
    while moved == position:
        records += (await reader.getmany(source, timeout_ms=100)).get(source, ())
        moved = await reader.position(source)
    return records, moved
