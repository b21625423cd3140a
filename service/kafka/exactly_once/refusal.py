"""Classifies the error that ended a tenure: try again, refuse the partition, or end the process.

A refused partition logs why it is not judged, and what to do; the other partitions are judged meanwhile.
"""

import traceback
from enum import StrEnum
from shlex import quote

from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError

from service.kafka.codec.unreadable import UnreadableRecordError, named
from service.kafka.exactly_once.placement import MisplacedError
from service.kafka.exactly_once.restore import LostRecordsError
from service.kafka.exactly_once.transaction import FencedError, NotCommittedError, TooLargeError
from service.kafka.topics.acl import denied
from service.sla.state import UnreadableStateError

FORESEEN = (
    CorruptRecordException,
    LostRecordsError,
    MisplacedError,
    TooLargeError,
    UnreadableRecordError,
    UnreadableStateError,
)


LOG_FAILURES = (NotCommittedError, KafkaError, OSError)  # TimeoutError is an OSError


class TenureEnd(StrEnum):
    """The consequence of the error that ended a tenure."""

    FENCED = "fenced"  # another process has taken the partition over
    LOG_FAILED = "log_failed"
    REFUSED = "refused"  # only a person can repair the cause; only this partition is concerned
    FATAL = "fatal"  # the whole process is concerned


def meaning_of(error: BaseException) -> TenureEnd:
    """Classify `error`; the first rule that fits decides."""
    if isinstance(error, FencedError):
        return TenureEnd.FENCED
    if isinstance(error, FORESEEN):
        return TenureEnd.REFUSED
    if isinstance(error, LOG_FAILURES):
        return TenureEnd.FATAL if denied(error) else TenureEnd.LOG_FAILED
    if isinstance(error, MemoryError) or not isinstance(error, Exception):
        return TenureEnd.FATAL
    return TenureEnd.REFUSED


def reason_of(
    error: BaseException, source: TopicPartition, changelog: TopicPartition, next_offset: int | None
) -> str:
    """Describe `error` in one line: what is wrong and where, and what to do.

    `next_offset`: of `source`, if known. An unforeseen error is named only by its type and its place in the
    code, because its text may hold data.
    """
    if isinstance(error, FORESEEN):
        return " ".join(_foreseen(error, changelog).split())
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    since = "" if next_offset is None else f" from offset {next_offset} on"
    return (
        f"{_named(source)}{since}: {type(error).__name__}{where}: "
        f"an error of this software; please report it with its log"
    )


def _foreseen(error: BaseException, changelog: TopicPartition) -> str:
    name = _named(changelog)
    match error:
        case UnreadableStateError(key=str() as key):
            forget = f"sla-timer partition forget {name} --key {quote(key)}"
            return f"{name}, {named(key.encode())}: {error}; to give it up: {forget}"
        case MisplacedError(key=str() as key):
            forget = f"sla-timer partition forget {name} --key {quote(key)}"
            return f"{name}: {error}; if another program wrote this record: {forget}"
        case TooLargeError():
            return (
                f"{error}, more than its max.message.bytes: raise it (kafka-configs.sh --alter) "
                f"and start this process again"
            )
    return str(error)


def _named(partition: TopicPartition) -> str:
    return f"{partition.topic}-{partition.partition}"
