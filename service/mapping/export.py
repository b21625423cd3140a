"""Exports: rows of a table as events. The order of the rows makes no difference.

How it works: a row is a body whose fields are its columns, and rules make events of it, as of a delivery.
What a row alone does not say is settled by ticket, when all rows are read: which row is the earliest
(`once`), and when the next one was (`until_next`). A row that cannot be read makes its ticket unreadable: its
events are set apart, as a ticket that lacks one of its events would be judged wrongly.

What must never happen: an event of an unreadable ticket is among `events`; the place of a row in the file
changes an event.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from schemas.instant import written
from service.mapping.context import Context
from service.mapping.event_rule import TicketSource, checked
from service.mapping.expression import DELIVERY, ValueWatch
from service.mapping.identity import legal
from service.mapping.mapped import Dropped, Event, UnmappableError
from service.mapping.moment import Moment
from service.mapping.rule import Rule
from service.mapping.table import Column, Row, Table
from service.mapping.tenant import TenantSource
from service.sla.facts import Kind


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule for rows. `once`: of a ticket, only the earliest event counts."""

    rule: Rule
    once: bool = False
    until_next: str | None = None  # the word of the event at the instant of the ticket's next row


@dataclass(frozen=True, slots=True)
class JoinedFile:
    """A further table, whose rows are looked up by a key."""

    file: str  # its name; it lies beside the export
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be read, and its ticket, where that can be."""

    number: int
    error: UnmappableError
    ticket: tuple[str, str] | None  # tenant and id


@dataclass(frozen=True, slots=True)
class RowEvent:
    """An event, the first line of its row, and the name of its rule."""

    number: int
    event: Event
    rule: str

    @property
    def order(self) -> tuple[str, str, int, str]:
        """Sort key: as it happened."""
        kind = Kind[self.event["type"].removeprefix("complaint.").upper()]
        return self.event["time"], self.event["subject"], int(kind), self.event["id"]

    @property
    def ticket(self) -> tuple[str, str]:
        """Tenant and id of the ticket."""
        return self.event["tenant"], self.event["subject"]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export gives. Events are in the order in which they happened."""

    events: Sequence[RowEvent]
    held: Sequence[RowEvent] = ()  # of tickets that are unreadable
    problems: Sequence[RowProblem] = ()
    dropped: Sequence[tuple[int, Dropped]] = ()
    unreadable: frozenset[tuple[str, str]] = frozenset()  # tenant and id of the tickets


@dataclass(slots=True)
class _Found:
    row: Row
    name: str
    at: int | None
    ticket: tuple[str, str]
    events: list[tuple[int, Event]]  # with the number of the rule


@dataclass(frozen=True, slots=True)
class Export:
    """The section `rows` of a mapping file."""

    columns: Mapping[str, Column]
    files: Mapping[str, JoinedFile]  # by the name that rules read them by
    ticket: TicketSource
    time: Moment | None
    rules: Sequence[RowRule]
    delimiter: str = ","
    encoding: str = "utf-8"

    def read(
        self,
        source: str,
        tenant_of: TenantSource,
        table: Table,
        files: Mapping[str, Table],
        watch: ValueWatch | None,
    ) -> Exported:
        """Return what a table gives. Raises RefusalError when a column or a further table is missing."""
        reading = _Reading(self, source, tenant_of, watch)
        shared = {
            name: [cells for _, cells in files[name].named(one.columns)] for name, one in self.files.items()
        }
        for row, cells in table.named(self.columns):
            reading.add(row, cells, shared)
        return reading.exported()


@dataclass(slots=True)
class _Reading:
    """One table while it is read."""

    export: Export
    source: str
    tenant_of: TenantSource
    watch: ValueWatch | None
    found: list[_Found] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    dropped: list[tuple[int, Dropped]] = field(default_factory=list)
    _counted: dict[str, int] = field(default_factory=dict)

    def add(self, row: Row, cells: dict[str, Any], shared: Mapping[str, Any]) -> None:
        """Read one row."""
        name = self._name(row)
        delivery = {"header": {}, "endpoint": "", "instant": None, "body": cells, "row": name}
        context = Context({**cells, **shared, DELIVERY: delivery}, watch=self.watch, tables=self.export.files)
        ticket: tuple[str, str] | None = None
        try:
            ticket = self.tenant_of.read(context), self.export.ticket.read(context)
            at = self.export.time.read("time", context) if self.export.time else None
            events = list(self._events(context))
        except UnmappableError as error:
            self.problems.append(RowProblem(row.number, error, ticket))
        else:
            self.found.append(_Found(row, name, at, ticket, events))
            self.dropped += [(row.number, note) for note in dict.fromkeys(context.notes)]

    def exported(self) -> Exported:
        """Return what all rows give together."""
        events = sorted(self._settled(), key=lambda one: one.order)
        bad = frozenset(problem.ticket for problem in self.problems if problem.ticket)
        return Exported(
            [one for one in events if one.ticket not in bad],
            [one for one in events if one.ticket in bad],
            sorted(self.problems, key=lambda problem: problem.number),
            self.dropped,
            bad,
        )

    def _name(self, row: Row) -> str:
        """Return a name of the row's content; equal rows are counted, so that each has a name of its own."""
        content = json.dumps(list(row.cells), ensure_ascii=True, sort_keys=True)
        digest = blake2b(content.encode(), digest_size=8).hexdigest()
        self._counted[digest] = self._counted.get(digest, 0) + 1
        return f"{digest}.{self._counted[digest]}"

    def _events(self, context: Context) -> Iterator[tuple[int, Event]]:
        for number, by in enumerate(self.export.rules):
            for within in by.rule.contexts(context):
                for event_rule in by.rule.event_rules:
                    event = event_rule.event(within, self.source, self.tenant_of.read(within))
                    if event is not None:
                        yield number, event

    def _settled(self) -> Iterator[RowEvent]:
        known: dict[str, RowEvent] = {}
        earliest: dict[tuple[int, str, str], RowEvent] = {}
        later = self._later()
        # By content, so that the place in the file decides nothing.
        for found in sorted(self.found, key=lambda one: one.name):
            for number, event in found.events:
                by = self.export.rules[number]
                one = RowEvent(found.row.number, event, by.rule.name)
                if by.once:
                    place = (number, *one.ticket)
                    first = earliest.get(place)
                    earliest[place] = one if first is None or one.order < first.order else first
                    continue
                self._add(known, one)
                if by.until_next and (found.ticket, found.at) in later:
                    self._add_until(known, one, by.until_next, later[found.ticket, found.at])
        for one in earliest.values():
            self._add(known, one)
        return iter(known.values())

    def _add(self, known: dict[str, RowEvent], one: RowEvent) -> None:
        if known.setdefault(one.event["id"], one).event != one.event:
            error = UnmappableError(one.rule, "id", "is the same for two different events of the export")
            self.problems.append(RowProblem(one.number, error, one.ticket))

    def _add_until(self, known: dict[str, RowEvent], one: RowEvent, word: str, at: int) -> None:
        event = one.event
        made = {**event, "type": f"complaint.{word}", "time": written(at)}
        made["id"] = legal(f"{event['id']}/{word}")
        try:
            self._add(known, RowEvent(one.number, checked(made, Context({}, one.rule)), one.rule))
        except UnmappableError as error:
            self.problems.append(RowProblem(one.number, error, one.ticket))

    def _later(self) -> dict[tuple[tuple[str, str], int | None], int]:
        """Return the instant of a ticket's next row, by ticket and instant."""
        times: dict[tuple[str, str], set[int]] = {}
        for found in self.found:
            if found.at is not None:
                times.setdefault(found.ticket, set()).add(found.at)
        later: dict[tuple[tuple[str, str], int | None], int] = {}
        for ticket, instants in times.items():
            ordered = sorted(instants)
            for this, following in pairwise(ordered):
                later[ticket, this] = following
        return later
