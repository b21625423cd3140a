"""Restores a partition's memory from its changelog."""

import asyncio
import gc
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException

from service.kafka.client.groupless_consumer import OffsetSpan, reading
from service.kafka.client.read_to_end import read_to_end
from service.kafka.codec.record import Record
from service.kafka.codec.unreadable import UnreadableRecordError
from service.sla.state import UnreadableStateError

log = logging.getLogger(__name__)

NO_PROGRESS_FOR_SECONDS = 15.0  # then the restore is given up
AT_ONCE = 2_000  # records before the event loop gets a turn
# Records; with more, a full garbage collection would delay deadlines: 50 ms for a million.
MANY = 100_000
SAY_EVERY_SECONDS = 5.0


class LostRecordsError(Exception):
    """Input records are gone that were never judged: only an operator can decide what to do."""


class Restorable(Protocol):
    """The target of a restore."""

    def restore(self, key: str, value: bytes | None) -> None:
        """Take one record, in log order; None: a tombstone. Raises UnreadableStateError."""


class Readable:
    """Passes changelog records on; remembers unreadable ones until a later record has the same key."""

    def __init__(self, into: Restorable) -> None:
        self._into = into
        self._unreadable: dict[bytes | None, tuple[str, int, int, bytes | None, str]] = {}

    def take(self, record: Record) -> None:
        """Take one record, in log order."""
        key, value = record.key, record.value
        if self._unreadable:
            self._unreadable.pop(key, None)
        if key is None:
            self._note(record, _without_key(record))
            return
        try:
            name = key.decode()
        except UnicodeDecodeError:
            if value is not None:
                self._note(record, "its key is not UTF-8")
            return
        try:
            self._into.restore(name, value)
        except UnreadableStateError as error:
            self._note(record, str(error))

    def _note(self, record: Record, problem: str) -> None:
        self._unreadable[record.key] = record.topic, record.partition, record.offset, record.key, problem

    def check(self) -> None:
        """Raise UnreadableRecordError for the first unreadable record that is left."""
        for first in self._unreadable.values():
            topic, partition, offset, *_ = first
            forget = f"sla-timer partition forget {topic}-{partition}"
            way_out = f"to give it up: {forget} --offset {offset}"
            if others := len(self._unreadable) - 1:
                way_out += f"; there are {others} more: {forget} --unreadable"
            raise UnreadableRecordError(*first, way_out)


def _without_key(record: Record) -> str:
    if record.cut:
        return f"it is too large to be read ({record.size} bytes, or its headers); use --key for --offset"
    return "it has no key"


@dataclass(slots=True)
class RestoreProgress:
    """The progress of a restore, in offsets of the changelog."""

    restored: int = 0
    total: int = 0
    seconds: float = 0.0  # since it began

    @property
    def percent(self) -> int:
        """Restored offsets in percent, rounded down."""
        return 100 * self.restored // self.total if self.total else 100

    @property
    def seconds_left(self) -> float | None:
        """Remaining seconds at the pace so far; None before the first record."""
        remaining = self.total - self.restored
        return self.seconds * remaining / self.restored if self.restored else None


async def restore(
    connection: Mapping[str, Any],
    changelog: TopicPartition,
    span: OffsetSpan,
    into: Restorable,
    progress: RestoreProgress,
) -> int:
    """Read a changelog partition to its end into memory. Returns the offset of the next record.

    `span`: the offsets that memory lacks, uncommitted ones included, fetched after all earlier writers were
    fenced. The last stable offset would not do: it may still lie before the writers' markers.
    Raises KafkaError, OSError or TimeoutError, and UnreadableRecordError once all is read.
    """
    readable = Readable(into)
    position = await replay(connection, changelog, span, readable.take, progress)
    readable.check()
    if progress.restored >= MANY:
        gc.collect()  # first, because frozen objects are never collected
        gc.freeze()
    return position


async def replay(
    connection: Mapping[str, Any],
    changelog: TopicPartition,
    span: OffsetSpan,
    take: Callable[[Record], None],
    progress: RestoreProgress,
) -> int:
    """Pass each committed record of `span` to `take`, in log order. Returns the offset after the last.

    Raises KafkaError, OSError or TimeoutError, and whatever `take` raises.
    """
    begin, end = span
    progress.restored, progress.total, progress.seconds = 0, end - begin, 0.0
    if begin == end:
        return end
    began = said = asyncio.get_running_loop().time()
    position = begin
    async with reading(connection, committed=True) as reader:
        pieces = read_to_end(
            reader, changelog, span, no_progress_for=NO_PROGRESS_FOR_SECONDS, at_once=AT_ONCE
        )
        try:
            async for records, position in pieces:
                for record in records:
                    take(record)
                time = asyncio.get_running_loop().time()
                progress.restored, progress.seconds = position - begin, time - began
                if time - said >= SAY_EVERY_SECONDS:
                    said = time
                    _say(changelog, progress)
        except CorruptRecordException as error:
            name = f"{changelog.topic}-{changelog.partition}"
            raise CorruptRecordException(
                f"{name} at offset {position} or soon after: {error}; "
                f"let another replica lead it, or create the topic anew and import its last dump"
            ) from error
    return position


def _say(changelog: TopicPartition, progress: RestoreProgress) -> None:
    log.info(
        "%s partition %d: restored %d of %d records (%d %%), %.0f s left",
        changelog.topic,
        changelog.partition,
        progress.restored,
        progress.total,
        progress.percent,
        progress.seconds_left or 0,
    )


def next_offset(committed: int | None, reflects: int, span: OffsetSpan) -> int:
    """The first input offset that was not judged, also if the log lacks it; parameters as in first_offset."""
    return span.begin if committed is None and reflects < 0 else max(committed or 0, reflects + 1)


def first_offset(source: TopicPartition, committed: int | None, reflects: int, span: OffsetSpan) -> int:
    """The input offset to continue at.

    `committed`: the group's offset; `reflects`: the last input offset that memory reflects; `span`: of the
    input. Raises LostRecordsError.
    """
    start = next_offset(committed, reflects, span)
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
