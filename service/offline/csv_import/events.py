"""Events of a CSV export, read through a mapping. The order of the rows makes no difference."""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

import msgspec

from schemas.instant import written
from service.offline.csv_import.local_time import instant
from service.offline.csv_import.mapping import Cell, CsvMapping, Happening
from service.offline.csv_import.rows import CsvRow, Rows
from service.offline.json_lines import JsonLine, LineProblem
from service.sla.facts import Kind

_KINDS = {kind.word: kind for kind in Kind}

Reader = Callable[[CsvRow], str | None]  # raises _UnreadableError


class _UnreadableError(ValueError):
    """A cell that the mapping cannot read."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class _Plan:
    """An event to make of a row, with its columns resolved."""

    kind: Kind
    until_next: Kind | None
    data: tuple[tuple[str, Reader], ...]


@dataclass(frozen=True, slots=True)
class _Activity:
    """A row of a ticket's case. `time` in ms."""

    ticket: str
    time: int
    row: CsvRow
    plans: tuple[_Plan, ...]

    @property
    def order(self) -> tuple[str, int, tuple[str, ...]]:
        """Sort key: ticket, time, and at equal times the content, never the place in the file."""
        return self.ticket, self.time, self.row.cells


@dataclass(frozen=True, slots=True)
class _Event:
    time: int
    ticket: str
    kind: Kind
    id: str
    data: Dict[str, str]
    number: int

    @property
    def order(self) -> tuple[int, str, int, str]:
        return self.time, self.ticket, self.kind, self.id


class _Export:
    """The cells of one file under one mapping. Raises RefusalError when a column is missing."""

    def __init__(self, rows: Rows, mapping: CsvMapping) -> None:
        self._mapping = mapping
        self._rows = rows
        self._ticket = self._reader(mapping.ticket, "ticket")
        self._id = mapping.id and self._reader(mapping.id, "id")
        self._time = rows.position(mapping.time.column)
        self._activity = rows.position(mapping.events.column)
        self._first = self._plans(mapping.events.first)
        self._plans_of = {value: self._plans(listed) for value, listed in mapping.events.values.items()}

    def activity(self, row: CsvRow) -> _Activity:
        """Return the activity of a row. Raises _UnreadableError."""
        mapping = self._mapping
        ticket = self._ticket(row)
        if not ticket:
            raise _UnreadableError(f"column {mapping.ticket.column!r}", "is empty")
        try:
            time = instant(row.cells[self._time].strip(), mapping.time)
        except ValueError as error:
            raise _UnreadableError(f"column {mapping.time.column!r}", str(error)) from None
        plans = self._plans_of.get(row.cells[self._activity].strip())
        if plans is None and mapping.events.unknown == "error":
            raise _UnreadableError(
                f"column {mapping.events.column!r}", "has a text that the mapping does not list"
            )
        return _Activity(ticket, time, row, plans or ())

    def case(self, activities: Sequence[_Activity]) -> Iterator[_Event | LineProblem]:
        """Yield the events of one ticket's rows. The rows must be in order."""
        times = sorted({activity.time for activity in activities})
        later = dict(pairwise(times))
        counted: dict[str, int] = {}
        for index, activity in enumerate(activities):
            plans = activity.plans if index else self._first + activity.plans
            try:
                name = self._name(activity.row)
                counted[name] = counted.get(name, 0) + 1
                name = f"{name}.{counted[name]}"
                events = [event for plan in plans for event in _events(activity, plan, name, later)]
            except _UnreadableError as error:
                yield LineProblem(activity.row.number, error.field, str(error))
            else:
                yield from events

    def _name(self, row: CsvRow) -> str:
        if self._id and (name := self._id(row)):
            return name
        return blake2b("\x1f".join(row.cells).encode(), digest_size=8).hexdigest()

    def _plans(self, happenings: Sequence[Happening]) -> tuple[_Plan, ...]:
        return tuple(
            _Plan(
                _KINDS[happening.event],
                _KINDS[happening.until_next] if happening.until_next else None,
                tuple((field, self._reader(cell, field)) for field, cell in happening.data.items()),
            )
            for happening in happenings
        )

    def _reader(self, cell: Cell, field: str) -> Reader:
        if cell.column is None:
            return lambda row: cell.value  # noqa: ARG005
        position, values = self._rows.position(cell.column), cell.values
        where = f"column {cell.column!r} for {field}"

        def read(row: CsvRow) -> str | None:
            found = row.cells[position].strip()
            for part, replacement in cell.replace.items():
                found = found.replace(part, replacement)
            if values is None or not found:
                return found
            if found not in values and cell.unknown == "error":
                raise _UnreadableError(where, "has a text that the mapping does not list")
            return values.get(found)

        return read


def _events(activity: _Activity, plan: _Plan, name: str, later: Dict[int, int]) -> Iterator[_Event]:
    data = {field: found for field, read in plan.data if (found := read(activity.row))}
    happened = [(plan.kind, activity.time)]
    if plan.until_next is not None and activity.time in later:
        happened.append((plan.until_next, later[activity.time]))
    for kind, time in happened:
        yield _Event(time, activity.ticket, kind, f"{name}.{kind.word}", data, activity.row.number)


def export_lines(path: Path, stream: BinaryIO, mapping: CsvMapping) -> Iterator[JsonLine | LineProblem]:
    """Yield the events of a CSV export in the order they happened.

    A LineProblem for each unreadable row comes before them. Holds the whole file in memory, as its rows may
    stand in any order. Raises RefusalError when a column is missing.
    """
    rows = Rows(path, stream, delimiter=mapping.delimiter, encoding=mapping.encoding)
    export = _Export(rows, mapping)
    activities: list[_Activity] = []
    problems: list[LineProblem] = []
    for row in rows:
        if isinstance(row, LineProblem):
            problems.append(row)
            continue
        try:
            activities.append(export.activity(row))
        except _UnreadableError as error:
            problems.append(LineProblem(row.number, error.field, str(error)))
    activities.sort(key=attrgetter("order"))
    events: list[_Event] = []
    for _, case in groupby(activities, key=attrgetter("ticket")):
        for found in export.case(list(case)):
            if isinstance(found, LineProblem):
                problems.append(found)
            else:
                events.append(found)
    yield from sorted(problems, key=attrgetter("number"))
    for event in sorted(events, key=attrgetter("order")):
        yield JsonLine(event.number, _structured(event, mapping))


def _structured(event: _Event, mapping: CsvMapping) -> bytes:
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event.id,
            "source": mapping.source,
            "type": f"complaint.{event.kind.word}",
            "subject": event.ticket,
            "time": written(event.time),
            "tenant": mapping.tenant,
            "datacontenttype": "application/json",
            "data": event.data,
        }
    )
