"""Reads all records that a topic holds now, without a group, so that no offsets change."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.kafka.client.groupless_consumer import OffsetSpan, count, reading
from service.kafka.client.patience import PATIENCE_SECONDS, patiently, unreachable
from service.kafka.client.read_to_end import read_to_end
from service.kafka.codec.record import Record

MISSING = "missing; create it with: sla-timer topics ensure; or set SLA_TOPIC_PREFIX to that of the service"
AT_ONCE = 2_000  # records before the event loop gets a turn


async def partitions_of(connection: Mapping[str, Any], topic: str) -> int:
    """The number of partitions of a topic. Raises RefusalError: it is missing, or Kafka does not answer."""
    partitions = (await patiently(connection, lambda: count(connection, [topic])))[topic]
    if not partitions:
        raise RefusalError(f"topic {topic}: {MISSING}")
    return partitions


async def spans_of(connection: Mapping[str, Any], topic: str) -> dict[int, OffsetSpan]:
    """The committed offset span of each partition now. Raises RefusalError."""
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

    Raises RefusalError when Kafka does not answer, or forbids reading.
    """
    source = TopicPartition(topic, partition)
    if span.begin == span.end:
        return
    try:
        async with reading(connection, committed=True) as reader:
            pieces = read_to_end(reader, source, span, no_progress_for=PATIENCE_SECONDS, at_once=AT_ONCE)
            async for records, _ in pieces:
                for record in records:
                    if record.offset < span.end:
                        yield record
    except (KafkaError, OSError) as error:
        raise unreachable(connection, error) from None
