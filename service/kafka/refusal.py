"""Why a partition is not judged, and what to do about it: the others are judged meanwhile."""

import traceback

from aiokafka.errors import CorruptRecordException

from service.kafka.changelog import LostRecordsError
from service.kafka.placed import MisplacedError
from service.kafka.transaction import TooLargeError
from service.kafka.unreadable import UnreadableRecordError
from service.sla.ticket import UnreadableStateError

AGAIN = (5.0, 60.0)  # seconds until it is tried again, doubled from the first to the second

FORESEEN = (
    CorruptRecordException,
    LostRecordsError,
    MisplacedError,
    TooLargeError,
    UnreadableRecordError,
    UnreadableStateError,
)


def reason_of(error: BaseException) -> str:
    """One line: what our own errors say; of others only kind and place, as their text may hold data."""
    if isinstance(error, FORESEEN):
        return " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}: an error of this software; please report it with its log"
