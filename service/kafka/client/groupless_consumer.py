"""Group-less consumers with bounded start, stop and reads."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.kafka.client.patches import patch_aiokafka

ANSWER_WITHIN_SECONDS = 8.0
STOP_WITHIN_SECONDS = 2.0
REQUEST_TIMEOUT_MS = 15_000


class OffsetSpan(NamedTuple):
    """The first offset that a partition's log still has, and the offset of its next record."""

    begin: int
    end: int


async def open_reader(connection: Mapping[str, Any], *, committed: bool) -> AIOKafkaConsumer:
    """A started consumer without partitions.

    `committed`: it skips aborted records, and its end offsets are the last stable offsets.
    Raises KafkaError, OSError or TimeoutError.
    """
    patch_aiokafka()
    reader = AIOKafkaConsumer(
        **connection,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        isolation_level="read_committed" if committed else "read_uncommitted",
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            await reader.start()
    except BaseException:  # a cancelled start leaves connections behind as well
        await close_reader(reader)
        raise
    return reader


async def close_reader(reader: AIOKafkaConsumer) -> None:
    """Stop a consumer, in bounded time."""
    with suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(STOP_WITHIN_SECONDS):
            await reader.stop()


@asynccontextmanager
async def reading(connection: Mapping[str, Any], *, committed: bool) -> AsyncIterator[AIOKafkaConsumer]:
    """`open_reader` for the length of a block."""
    reader = await open_reader(connection, committed=committed)
    try:
        yield reader
    finally:
        await close_reader(reader)


async def spans(
    connection: Mapping[str, Any], *partitions: TopicPartition
) -> dict[TopicPartition, OffsetSpan]:
    """The first offset and the end offset of each partition, uncommitted records included.

    Raises KafkaError, OSError or TimeoutError.
    """
    async with reading(connection, committed=False) as reader, asyncio.timeout(ANSWER_WITHIN_SECONDS):
        begins = await reader.beginning_offsets(partitions)
        ends = await reader.end_offsets(partitions)
    return {partition: OffsetSpan(begins[partition], ends[partition]) for partition in partitions}


async def count(connection: Mapping[str, Any], topics: Iterable[str]) -> dict[str, int]:
    """Partitions of each topic; 0: the topic is missing. Raises KafkaError, OSError or TimeoutError."""
    async with reading(connection, committed=False) as reader, asyncio.timeout(ANSWER_WITHIN_SECONDS):
        cluster = await reader._client.fetch_all_metadata()  # noqa: SLF001 (asking by name may create the topic)
    return {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in topics}
