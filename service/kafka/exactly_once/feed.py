"""Reads the records of one input partition from the group's consumer, for the partition's owner."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CorruptRecordException

from service.kafka.client.groupless_consumer import ANSWER_WITHIN_SECONDS
from service.kafka.codec.record import Record

AT_ONCE = 2_000  # records; half as many unless the last of them have the same key
SOON_MS = 5  # enough for a fetch of records that are already in the log


class Feed:
    """The records of one input partition. Every method may raise KafkaError; one `take` at a time."""

    def __init__(self, consumer: AIOKafkaConsumer, source: TopicPartition) -> None:
        self._consumer = consumer
        self._source = source

    def hold(self) -> None:
        """Pause the partition until `begin`."""
        self._consumer.pause(self._source)

    def begin(self, offset: int) -> None:
        """Start to give records, from `offset` on."""
        self._consumer.seek(self._source, offset)
        self._consumer.resume(self._source)

    async def committed(self) -> int | None:
        """The group's committed offset; None: it has none yet. May raise TimeoutError."""
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            committed: int | None = await self._consumer.committed(self._source)
            return committed

    async def take(self, patience: int = 0) -> Sequence[Record]:
        """The next records, up to `AT_ONCE`; none when none came within `patience` (ms)."""
        records = await self._given(patience)
        while not records and self._has_more:  # the consumer skips markers and aborted records in portions
            await asyncio.sleep(0)
            records = await self._given(0)
        return records

    async def _given(self, patience: int) -> Sequence[Record]:
        try:
            given = await self._consumer.getmany(self._source, timeout_ms=patience, max_records=AT_ONCE)
        except CorruptRecordException as error:
            name, position = f"{self._source.topic}-{self._source.partition}", await self.position()
            raise CorruptRecordException(
                f"{name} at offset {position} or soon after: {error}; let another replica lead it; "
                f"to go on without what is there: sla-timer partition skip {name} --to OFFSET"
            ) from error
        records: Sequence[Record] = given.get(self._source, ())
        return records

    @property
    def _has_more(self) -> bool:
        return self._source in self._consumer._fetcher._records  # noqa: SLF001 (fetched, and not given yet)

    async def position(self) -> int:
        """The offset after the records taken, markers and aborted records included."""
        offset: int = await self._consumer.position(self._source)
        return offset
