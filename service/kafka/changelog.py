"""Restoring a partition's memory from its changelog."""

import asyncio
import gc
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from service.kafka.reader import Span, reading
from service.kafka.record import Record
from service.kafka.unreadable import UnreadableRecordError
from service.sla.ticket import UnreadableStateError

log = logging.getLogger(__name__)

NO_PROGRESS_FOR = 15.0  # seconds, then the restore is given up
AT_ONCE = 2_000  # records between two looks at the rest of the process
MANY = 100_000  # records; after these a full garbage collection would hold deadlines up, 50 ms for a million
SAY_EVERY = 5.0  # seconds


class LostRecordsError(Exception):
    """Records that were never judged are gone from the input: only an operator can say what to do."""


class Restorable(Protocol):
    """What a changelog is read into."""

    def restore(self, key: str, value: bytes | None) -> None:
        """Take one record, in log order; None: a tombstone. Raises UnreadableStateError."""


class Readable:
    """Passes records on, and remembers those that nobody can read until a later one has their key."""

    def __init__(self, into: Restorable) -> None:
        self._into = into
        self._unreadable: dict[bytes | None, UnreadableRecordError] = {}

    def take(self, record: Record) -> None:
        """One record, in log order."""
        key = record.key
        if self._unreadable:
            self._unreadable.pop(key, None)
        if (problem := self._restore(key, record.value)) is not None:
            place = record.topic, record.partition, record.offset
            self._unreadable[key] = UnreadableRecordError(*place, key, problem)

    def _restore(self, key: bytes | None, value: bytes | None) -> str | None:
        """What is wrong with a record, if anything."""
        if key is None:
            return "it names no ticket"
        try:
            name = key.decode()
        except UnicodeDecodeError:
            return None if value is None else "its key is not UTF-8"
        try:
            self._into.restore(name, value)
        except UnreadableStateError as error:
            return str(error)
        return None

    def check(self) -> None:
        """Raises UnreadableRecordError, for the first that is left."""
        for first in self._unreadable.values():
            raise first


@dataclass(slots=True)
class Progress:
    """How far a restore is, in offsets of the changelog."""

    restored: int = 0
    total: int = 0
    seconds: float = 0.0  # that it took so far

    @property
    def percent(self) -> int:
        """Of the way, rounded down."""
        return 100 * self.restored // self.total if self.total else 100

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None while there is none."""
        remaining = self.total - self.restored
        return self.seconds * remaining / self.restored if self.restored else None


async def restore(
    connection: Mapping[str, Any],
    changelog: TopicPartition,
    span: Span,
    into: Restorable,
    progress: Progress,
) -> int:
    """Read the changelog partition on to its end. Gives the offset where the next record will land.

    `span`: what memory does not have yet, of the uncommitted log, asked for when all earlier writers were
    fenced; the last stable offset may still lie before their markers.
    Raises KafkaError, OSError or TimeoutError, and UnreadableRecordError once all is read.
    """
    begin, end = span
    progress.restored, progress.total, progress.seconds = 0, end - begin, 0.0
    if begin == end:
        return end
    async with reading(connection, committed=True) as reader:
        reader.assign([changelog])
        reader.seek(changelog, begin)
        position, readable = begin, Readable(into)
        began = said = asyncio.get_running_loop().time()
        while position < end:
            async with asyncio.timeout(NO_PROGRESS_FOR):
                position = await _advance(reader, changelog, readable, position)
            time = asyncio.get_running_loop().time()
            progress.restored, progress.seconds = position - begin, time - began
            if time - said >= SAY_EVERY:
                said = time
                _say(changelog, progress)
            await asyncio.sleep(0)  # getmany does not yield while it has records
    readable.check()
    if progress.restored >= MANY:
        gc.collect()  # what is frozen is never looked at again, so it has to be no garbage
        gc.freeze()
    return int(position)


def _say(changelog: TopicPartition, progress: Progress) -> None:
    log.info(
        "%s partition %d: restored %d of %d records (%d %%), %.0f s left",
        changelog.topic,
        changelog.partition,
        progress.restored,
        progress.total,
        progress.percent,
        progress.seconds_left or 0,
    )


async def _advance(reader: AIOKafkaConsumer, changelog: TopicPartition, into: Readable, position: int) -> int:
    """Read on until the position moves: it also passes over markers and what compaction removed."""
    moved = position
    while moved == position:
        batches = await reader.getmany(changelog, timeout_ms=100, max_records=AT_ONCE)
        for record in batches.get(changelog, ()):
            into.take(record)
        moved = await reader.position(changelog)
    return int(moved)


def first_offset(source: TopicPartition, committed: int | None, reflects: int, span: Span) -> int:
    """Where to read the input on. `committed`: the group's offset; `reflects`: the last that memory knows.

    `span` is the input's. Raises LostRecordsError.
    """
    if committed is None and reflects < 0:
        return span.begin
    start = max(committed or 0, reflects + 1)
    where = f"{source.topic} partition {source.partition}: offset {start} is next"
    if start < span.begin:
        raise LostRecordsError(
            f"{where}, but the log begins at {span.begin}: records were deleted before they were judged; "
            f"to go on without them: sla-timer partition skip {source.topic}-{source.partition}"
        )
    if start > span.end:
        raise LostRecordsError(
            f"{where}, but the log ends at {span.end}: was the topic created anew? "
            f"then, to read it from its beginning: "
            f"sla-timer partition reset {source.topic}-{source.partition}"
        )
    return start
