"""Follows a topic from its beginning without end, for readers that keep all its state in memory."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.kafka.client.groupless_consumer import count, reading
from service.kafka.client.leadership import NotConfirmedError
from service.kafka.client.log_end import Answer, Asker
from service.kafka.codec.record import Record

log = logging.getLogger(__name__)

ASK_EVERY_SECONDS = 1.0
AGAIN_AFTER_SECONDS = 1.0  # when Kafka did not answer
AT_ONCE = 2_000  # records before the event loop gets a turn
# Compaction removes tombstones after `delete.retention.ms`, a day. After an hour without reading, a follower
# reads the topic from its beginning, because it may have missed a tombstone.
TRUST_MEMORY_FOR_MS = 3_600_000


class Shelf(Protocol):
    """The target of a follower's records."""

    def restore(self, partition: int, key: str, value: bytes | None) -> None:
        """Take one committed record, each partition's in log order; None: a tombstone.

        A key that is not UTF-8 has surrogates for its undecodable bytes, and an empty value: it is no state.
        """

    def forget(self, partition: int) -> None:
        """Drop all records of a partition: it is read again from its beginning."""


class Reach(NamedTuple):
    """The progress of reading one partition."""

    begin: int  # offset at which reading began
    position: int  # the next offset to read
    end: int  # the last known end offset
    as_of: int | None  # the instant (ms) up to which memory has all committed records; None: not known yet


class Follower:
    """Reads the committed records of all partitions of `topic` into `into`, without a group.

    By the end offset of each partition, it knows up to which instant its memory is complete.
    """

    def __init__(
        self, connection: Mapping[str, Any], topic: str, into: Shelf, now: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._topic = topic
        self._into = into
        self._now = now
        self._asked: dict[int, Answer] = {}  # end offsets that the position has not reached yet
        self.reaches: dict[int, Reach] = {}
        self.failure: str | None = None  # why Kafka cannot be read at the moment
        self._reached_at = now()  # the last instant (ms) at which memory was complete

    async def run(self) -> None:
        """Follow until cancelled; retry after errors of Kafka."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, NotConfirmedError) as error:  # TimeoutError is an OSError
                self._say(str(error) or type(error).__name__)
            await asyncio.sleep(AGAIN_AFTER_SECONDS)

    def _say(self, failure: str | None) -> None:
        if failure != self.failure:
            log.log(
                logging.WARNING if failure else logging.INFO,
                "%s: %s",
                self._topic,
                failure or "is read again",
            )
        self.failure = failure

    async def _follow(self) -> None:
        """Read until something fails, or the number of partitions changes."""
        many = (await count(self._connection, [self._topic]))[self._topic]
        if not many:
            self._say("the topic is missing")
            return
        partitions = [TopicPartition(self._topic, number) for number in range(many)]
        async with (
            reading(self._connection, committed=True) as reader,
            _asking(self._connection, self._now) as (asker, answering),
        ):
            await self._take_up(reader, partitions)
            asking = asyncio.create_task(self._ask(asker, partitions))
            try:
                while len(reader.partitions_for_topic(self._topic) or ()) in (0, many):
                    await self._read(reader, partitions)
                    for task in (asking, answering):
                        if task.done():
                            task.result()
            finally:
                asking.cancel()
                with suppress(asyncio.CancelledError):
                    await asking

    async def _take_up(self, reader: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        """Continue where memory ends; read from the beginning where memory may have missed records."""
        reader.assign(partitions)
        begins, ends = await reader.beginning_offsets(partitions), await reader.end_offsets(partitions)
        trusted = self._now() - self._reached_at <= TRUST_MEMORY_FOR_MS
        for source in partitions:
            known, begin, end = self.reaches.get(source.partition), begins[source], ends[source]
            if known is None or not trusted or not begin <= known.position <= end:
                self._into.forget(source.partition)
                known = Reach(begin, begin, end, None)
            self.reaches[source.partition] = known._replace(end=max(end, known.position))
            reader.seek(source, known.position)
        self._asked.clear()

    async def _read(self, reader: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
        batches = await reader.getmany(timeout_ms=100, max_records=AT_ONCE)
        for source, records in batches.items():
            for record in records:
                self._into.restore(source.partition, *_entry(record))
        for source in partitions:  # a position also skips markers and compacted records
            position = await reader.position(source)
            reach = self.reaches[source.partition]._replace(position=position)
            asked = self._asked.get(source.partition)
            if asked is not None and position >= asked.end:
                del self._asked[source.partition]
                reach = reach._replace(as_of=asked.sent_at)
                self._reached_at = asked.sent_at
            self.reaches[source.partition] = reach._replace(end=max(reach.end, position))
        await asyncio.sleep(0)  # getmany does not yield while it has records

    async def _ask(self, asker: Asker, partitions: Sequence[TopicPartition]) -> None:
        while True:
            answers = await asyncio.gather(*map(asker.ask, partitions), return_exceptions=True)
            failures: list[BaseException] = []
            for source, answer in zip(partitions, answers, strict=True):
                if isinstance(answer, BaseException):
                    failures.append(answer)
                    continue
                reach = self.reaches[source.partition]
                self.reaches[source.partition] = reach._replace(end=max(answer.end, reach.position))
                # Keep an end offset until it is reached: under a steady flow, a newer one never would be.
                self._asked.setdefault(source.partition, answer)
            self._say(str(failures[0]) or type(failures[0]).__name__ if failures else None)
            await asyncio.sleep(ASK_EVERY_SECONDS)


def _entry(record: Record) -> tuple[str, bytes | None]:
    """Key and value for a shelf; a record without a key is named by its offset."""
    value = record.value
    if record.key is None:
        return f"offset {record.offset}", b"" if record.cut or value is not None else None
    try:
        return record.key.decode(), value
    except UnicodeDecodeError:
        return record.key.decode(errors="surrogateescape"), None if value is None else b""


@asynccontextmanager
async def _asking(
    connection: Mapping[str, Any], now: Callable[[], int]
) -> AsyncIterator[tuple[Asker, "asyncio.Task[None]"]]:
    asker = Asker(connection, now)
    answering = await asker.start()
    try:
        yield asker, answering
    finally:
        await asker.stop()
