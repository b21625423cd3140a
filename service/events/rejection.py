"""Rejections: why a record is not a valid event of the contract."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The reasons of rejections, a closed list. They stand in headers and metrics."""

    TOO_LARGE = "too_large"
    NULL_VALUE = "null_value"
    NOT_JSON = "not_json"
    BATCH_MODE = "batch_mode"
    NOT_A_CLOUDEVENT = "not_a_cloudevent"
    UNKNOWN_TYPE = "unknown_type"
    MISSING_FIELD = "missing_field"
    BAD_FIELD = "bad_field"
    TIME_WITHOUT_OFFSET = "time_without_offset"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    KEY_NOT_SUBJECT = "key_not_subject"
    WRONG_PARTITION = "wrong_partition"
    TOO_MANY_FACTS = "too_many_facts"


@dataclass(frozen=True, slots=True)
class Rejection:
    """What is wrong with a record. Never quotes the record: its content may be personal."""

    reason: Reason
    field: str | None  # as the contract names it: `time`, `data.channel`
    detail: str  # for people; the rest of the sentence after the field

    def __str__(self) -> str:
        """Return the rejection as one line for people."""
        return f"{self.field} {self.detail}" if self.field else self.detail


class RejectedError(Exception):
    """Carries a rejection within the functions that read an event. It never leaves them."""

    def __init__(self, reason: Reason, field: str | None, detail: str) -> None:
        super().__init__(reason)
        self.rejection = Rejection(reason, field, detail)


TOO_LARGE = Rejection(Reason.TOO_LARGE, None, "larger than 256 KiB")
TOO_MANY_FACTS = Rejection(Reason.TOO_MANY_FACTS, None, "the ticket has as many facts as one may have")
TOO_MANY_CHANNELS = Rejection(
    Reason.TOO_MANY_FACTS, None, "the desk has as many channels, or changes, as one may have"
)
