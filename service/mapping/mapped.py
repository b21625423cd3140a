"""What a mapping makes of one delivery: events, what it dropped, or why it cannot be mapped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import RefusalError

Event = dict[str, Any]  # a structured CloudEvent of the contract, with fields of the contract only


@dataclass(frozen=True, slots=True)
class Dropped:
    """A value that was made fit or left out. `text` is for the author of the mapping, not for logs."""

    rule: str
    field: str
    reason: str  # never quotes the value
    text: str

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.field}: {self.reason}"


class UnmappableError(RefusalError):
    """A delivery that a rule is for, and that gives no event. The message quotes nothing of the delivery."""

    def __init__(self, rule: str, field: str, reason: str, text: str = "") -> None:
        super().__init__(f"rule {rule}: {field}: {reason}" if rule else f"{field}: {reason}")
        self.rule, self.field, self.reason = rule, field, reason
        self.text = text  # the value, for the author of the mapping, not for logs


@dataclass(frozen=True, slots=True)
class Mapped:
    """The events of one delivery in the order in which the mapping names them. None at all: irrelevant.

    Of a history or an export, `problem` says why one part of it gave no events, and `place` which part.
    """

    events: Sequence[Event] = ()
    dropped: Sequence[Dropped] = ()
    problem: UnmappableError | None = None
    fired: Sequence[str] = ()  # the names of the rules that gave events
    place: str = ""  # of a history or export: `history[0] 17`, `row 3`
