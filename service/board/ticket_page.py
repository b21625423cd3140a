"""The page of one ticket: clocks, timeline, verdicts, arithmetic, and announcements."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from service.board.codes import InputCodes
from service.board.row import ClockLine, clock_lines
from service.board.summary import Condition, open_runs, worst
from service.board.tickets import TicketShelf, Times
from service.explain.derivation import derivation
from service.sla.announcement import Type
from service.sla.calendar.calendar import YearUnknown
from service.sla.cause import UNSEARCHED
from service.sla.changes import breach_id, changes, told_after
from service.sla.judge import judge
from service.sla.state import UnreadableStateError, key
from service.sla.told import Announced

PEOPLE = frozenset({"customer_id", "agent_id"})  # references to people; not shown on the board
_MINUTE_MS = 60_000

Part = Mapping[str, Any]


class Notification(NamedTuple):
    """The latest announcement of one breach id. `due_at` in ms."""

    breach_id: str
    cycle: int
    clock: str
    level: str | None
    type: Type
    revision: int
    due_at: int | None
    pending: bool  # due by now, but not announced yet


class TicketPage(NamedTuple):
    """A ticket at `at` (ms)."""

    tenant: str
    ticket_id: str
    at: int
    condition: Condition | None  # None when it is not open
    cycles: tuple[tuple[Part, tuple[ClockLine, ...]], ...]  # each with its derivation, the last one first
    derivation: Part  # see `derivation`; without references to people
    notifications: tuple[Notification, ...]
    content: Hashable  # differs when the page differs


def account(
    shelf: TicketShelf, tenant: str, ticket_id: str, times: Times, codes: InputCodes | None = None
) -> TicketPage | None:
    """Return a ticket judged now; None when there is none, or when it cannot be judged here.

    `codes`: what its records said; without it, the page says nothing of codes that did not fit.
    """
    try:
        found = shelf.find(key(tenant, ticket_id))
        if found is None:
            return None
        at, told = shelf.instant(found, times), found.known.told
        judgement = judge(found.known.facts, shelf.policies, tenant, at)
        runs = open_runs(judgement)
        found_news = list(changes(judgement, at, told, UNSEARCHED))
        pending = {change.statement.key for change in found_news}
        notifications = tuple(
            _notification(tenant, ticket_id, latest, pending=latest.key in pending)
            for latest in sorted(told_after(told, found_news).announced, key=_place)
        )
        facts = found.known.facts
        records = codes.of(key(tenant, ticket_id), facts) if codes else None
        derived = without_people(derivation(ticket_id, tenant, facts, shelf.policies, at, records=records))
        lines = [tuple(clock_lines(judgement, cycle, at)) for cycle in judgement.cycles]
        cycles = tuple(zip(derived["cycles"], lines, strict=True))[::-1]
    except (UnreadableStateError, YearUnknown):
        return None
    content = (
        found.header,
        tuple(tuple(run.states) for run in judgement.runs),
        notifications,
        at // _MINUTE_MS,
        records and (tuple(records.not_read), tuple(sorted(records.codes.items()))),
    )
    condition = worst(runs) if runs else None
    return TicketPage(tenant, ticket_id, at, condition, cycles, derived, notifications, content)


def _place(told: Announced) -> tuple[int, int, str, str]:
    return told.cycle, told.due_at or 0, told.clock, told.level or ""


def _notification(tenant: str, ticket_id: str, told: Announced, *, pending: bool) -> Notification:
    return Notification(
        breach_id(tenant, ticket_id, told.key),
        told.cycle,
        told.clock,
        told.level,
        told.type,
        told.revision,
        told.due_at,
        pending,
    )


def without_people(part: Part) -> Part:
    """Return the derivation without references to customers or agents.

    Of a policy's condition on such a reference, the key stays and its values go.
    """
    if part.get("key") in PEOPLE:
        return {**part, "asks": None, "has": None}
    return {name: _kept(value) for name, value in part.items() if name not in PEOPLE}


def _kept(value: Any) -> Any:  # any JSON
    if isinstance(value, Mapping):
        return without_people(value)
    return list(_each(value)) if isinstance(value, list) else value


def _each(values: list[Any]) -> Iterator[Any]:
    for value in values:
        yield _kept(value)
