"""What is known of a ticket's records besides its facts: rejected, forgotten, of other tenants, made fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from schemas.instant import written
from service.events.fact import Fitted

Part = dict[str, Any]
Identity = tuple[str, str]  # source and id of an event


class RejectedEvent(NamedTuple):
    """A record of the ticket that is no event of the contract. It never quotes the record."""

    reason: str
    field: str | None
    detail: str
    line: int | None = None  # of a file
    topic: str | None = None  # the input topic, with the next two fields
    partition: int | None = None
    offset: int | None = None
    kept_as: str | None = None  # `partition:offset` in complaints.rejected; None: it is gone from there
    at: int | None = None  # ms: when it was rejected; without `kept_as`, when it was logged


class InputRecord(NamedTuple):
    """A valid record of the ticket in the input topic. `logged_at` in ms."""

    partition: int
    offset: int
    logged_at: int


class Tombstone(NamedTuple):
    """The record in `sla.tickets` that forgot the ticket. `at`: log time in ms."""

    topic: str
    partition: int
    offset: int
    at: int


class NotRead(NamedTuple):
    """A topic, or a part of it, that was not read, and why."""

    topic: str
    why: str


@dataclass(frozen=True, slots=True)
class TicketRecords:
    """What was found besides the facts of a ticket.

    `source`: the topic or file that has its records. `codes`: by identity of a fact, the codes of its record
    that did not fit as they came; a fact without an entry has no record there any more.
    """

    source: str
    state_topic: str | None = None  # None: of a file
    rejected: Sequence[RejectedEvent] = ()
    other_tenants: Sequence[str] = ()
    tombstone: Tombstone | None = None
    forgotten: Sequence[InputRecord] = ()  # processed, and the state has no fact of the ticket
    waiting: Sequence[InputRecord] = ()  # not processed yet
    codes: Mapping[Identity, Sequence[Fitted]] = field(default_factory=lambda: MappingProxyType({}))
    not_read: Sequence[NotRead] = ()

    def why(self) -> list[str]:
        """Return why the ticket has no facts, as keys of sentences."""
        found = {
            "forgotten": self.tombstone is not None or self.forgotten,
            "waiting": self.waiting,
            "rejected": self.rejected,
        }
        otherwise = "not_known" if self.not_read else "never_received"
        return [reason for reason, holds in found.items() if holds] or [otherwise]

    def parts(self) -> Part:
        """Return the content as JSON, except codes: those stand with their facts."""
        tombstone = self.tombstone
        return {
            "source": self.source,
            "rejected": [_rejected(one) for one in self.rejected],
            "other_tenants": list(self.other_tenants),
            "tombstone": tombstone and {**tombstone._asdict(), "at": written(tombstone.at)},
            "forgotten": [_input(one) for one in self.forgotten],
            "waiting": [_input(one) for one in self.waiting],
            "not_read": [one._asdict() for one in self.not_read],
        }


def _rejected(one: RejectedEvent) -> Part:
    return {**one._asdict(), "at": None if one.at is None else written(one.at)}


def _input(one: InputRecord) -> Part:
    return {**one._asdict(), "logged_at": written(one.logged_at)}


def codes_of(fitted: Sequence[Fitted]) -> list[Part]:
    """Return codes that did not fit as they came, as JSON: field and what was done, never the value."""
    return [{"field": one.field, "fitting": str(one.fitting)} for one in sorted(fitted)]
