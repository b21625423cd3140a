"""The records of one input partition, as the group's consumer gives them to the partition's owner."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from service.kafka.reader import ANSWER_WITHIN
from service.kafka.record import Record

AT_ONCE = 1_000  # records
SOON = 5  # ms, in which a fetch brings what lies ready


class Feed:
    """Everything may raise KafkaError. Only one may `take` at a time."""

    def __init__(self, consumer: AIOKafkaConsumer, source: TopicPartition) -> None:
        self._consumer = consumer
        self._source = source

    def hold(self) -> None:
        """Give nothing until it begins."""
        self._consumer.pause(self._source)

    def begin(self, offset: int) -> None:
        """Give what lies from `offset` on."""
        self._consumer.seek(self._source, offset)
        self._consumer.resume(self._source)

    async def committed(self) -> int | None:
        """The group's offset; None: it has none yet. May raise TimeoutError."""
        async with asyncio.timeout(ANSWER_WITHIN):
            committed: int | None = await self._consumer.committed(self._source)
            return committed

    async def take(self, patience: int = 0) -> Sequence[Record]:
        """The next records, as many as a step takes; none when none came within `patience` (ms)."""
        given = await self._consumer.getmany(self._source, timeout_ms=patience, max_records=AT_ONCE)
        while not given and self._has_more:  # what is passed over is, a little at a time
            await asyncio.sleep(0)
            given = await self._consumer.getmany(self._source, timeout_ms=0, max_records=AT_ONCE)
        records: Sequence[Record] = given.get(self._source, [])
        return records

    @property
    def _has_more(self) -> bool:
        return self._source in self._consumer._fetcher._records  # noqa: SLF001 (fetched, and not given yet)

    async def position(self) -> int:
        """The offset after what was taken, markers and aborted records included."""
        offset: int = await self._consumer.position(self._source)
        return offset
