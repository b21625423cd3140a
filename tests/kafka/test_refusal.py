"""What an error that ends a tenure means for the partition, and for the process."""

import asyncio

import pytest
from aiokafka.errors import (
    CorruptRecordException,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from service.kafka.codec.unreadable import UnreadableRecordError
from service.kafka.exactly_once.placement import MisplacedError
from service.kafka.exactly_once.refusal import TenureEnd, meaning_of
from service.kafka.exactly_once.restore import LostRecordsError
from service.kafka.exactly_once.transaction import (
    FencedError,
    NotCommittedError,
    OtherWriterError,
    TooLargeError,
)
from service.sla.state import UnreadableStateError


def because(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (FencedError(), TenureEnd.FENCED),
        (NotCommittedError(), TenureEnd.LOG_FAILED),
        (OtherWriterError(), TenureEnd.LOG_FAILED),
        (KafkaError(), TenureEnd.LOG_FAILED),
        (TimeoutError(), TenureEnd.LOG_FAILED),
        (ConnectionResetError(), TenureEnd.LOG_FAILED),
        (TopicAuthorizationFailedError(), TenureEnd.FATAL),
        (because(NotCommittedError(), TransactionalIdAuthorizationFailed()), TenureEnd.FATAL),
        (CorruptRecordException(), TenureEnd.REFUSED),  # of the library, and yet about this log only
        (LostRecordsError(), TenureEnd.REFUSED),
        (MisplacedError("?", "key"), TenureEnd.REFUSED),
        (TooLargeError(), TenureEnd.REFUSED),
        (UnreadableRecordError("t", 0, 0, None, "?", "!"), TenureEnd.REFUSED),
        (UnreadableStateError("?"), TenureEnd.REFUSED),
        (KeyError(), TenureEnd.REFUSED),  # an error of our own
        (MemoryError(), TenureEnd.FATAL),
        (asyncio.CancelledError(), TenureEnd.FATAL),
        (KeyboardInterrupt(), TenureEnd.FATAL),
    ],
    ids=repr,
)
def test_the_kind_of_an_error_decides_what_follows(error: BaseException, meaning: TenureEnd) -> None:
    assert meaning_of(error) is meaning
