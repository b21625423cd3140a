"""Reads a partition from one offset to another, past markers and compacted records."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from service.kafka.client.groupless_consumer import OffsetSpan
from service.kafka.codec.record import Record

_POLL_MS = 100


async def read_to_end(
    reader: AIOKafkaConsumer,
    source: TopicPartition,
    span: OffsetSpan,
    *,
    no_progress_for: float,
    at_once: int,
) -> AsyncIterator[tuple[Sequence[Record], int]]:
    """The records of `span` in log order, up to `at_once` at a time, each time with the offset after them.

    That offset also skips markers and compacted records. The last one is the end of the span, or lies beyond
    it. The event loop gets a turn after each portion. Raises KafkaError or OSError, and TimeoutError after
    `no_progress_for` seconds without progress.
    """
    position, end = span
    reader.assign([source])
    reader.seek(source, position)
    while position < end:
        found: list[Record] = []
        async with asyncio.timeout(no_progress_for):
            moved = position
            while moved == position:
                given = await reader.getmany(source, timeout_ms=_POLL_MS, max_records=at_once)
                found += given.get(source, ())
                moved = await reader.position(source)
        position = int(moved)
        yield found, position
        await asyncio.sleep(0)  # getmany does not yield while it has records
