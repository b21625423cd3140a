"""One ticket as a row of the list.

A row depends on the time of day by the minute at most: it is sent only when it changes.
"""

from collections.abc import Iterator
from typing import NamedTuple

from service.board.bar import Flow, LevelBar, bar
from service.board.summary import (
    ATTRIBUTES,
    Condition,
    Section,
    Summary,
    is_open,
    nearest,
    open_runs,
    worst,
)
from service.sla.judge import BREACHED, CANCELLED, MET, NOT_APPLICABLE, Judgement, Run
from service.sla.state import names
from service.sla.timeline import Cycle


class ClockLine(NamedTuple):
    """One clock of a current cycle."""

    name: str
    clause: str | None
    state: str  # a Condition while the clock is open, else met, breached or cancelled
    flow: Flow | None  # what the clock does now; None when it has ended
    # ms; the next breach deadline, else the last; None: none is known, or the clock has ended
    due_at: int | None
    coming: bool  # `due_at` is still to come
    level: str | None  # the level that is breached at `due_at`
    bar: LevelBar

    @property
    def is_open(self) -> bool:
        """True until the clock has ended."""
        return self.flow is not None


class TicketRow(NamedTuple):
    """One ticket of the list."""

    key: str
    tenant: str
    ticket_id: str
    section: Section
    condition: Condition
    silent: bool
    due: ClockLine  # the clock that decides the ticket's place in the list
    lines: tuple[ClockLine, ...]
    attributes: tuple[tuple[str, str], ...]
    cycle: int


def row(summary: Summary, judgement: Judgement, at: int) -> TicketRow:
    """Return the row of an open ticket judged at `at` (ms). Raises YearUnknown."""
    tenant, ticket_id = names(summary.key)
    running = [run.cycle for run in open_runs(judgement)]
    # An open clock may be of an earlier cycle: its end lies beyond the years that its calendar knows.
    current = judgement.current
    shown = [one for one in judgement.cycles if one in current or one in running]
    cycle = running[-1]
    lines = tuple(line for one in shown for line in clock_lines(judgement, one, at))
    due = next((line for line in lines if line.is_open and line.due_at == summary.due_at), None)
    attributes = tuple(
        (name, value) for name, value in zip(ATTRIBUTES, summary.attributes, strict=True) if value is not None
    )
    return TicketRow(
        summary.key,
        tenant,
        ticket_id,
        summary.section,
        summary.condition,
        summary.silent,
        due or next(line for line in lines if line.is_open),
        lines,
        attributes,
        cycle.number,
    )


def clock_lines(judgement: Judgement, cycle: Cycle, at: int) -> Iterator[ClockLine]:
    """Yield the clocks of a cycle that apply, at `at` (ms). Raises YearUnknown."""
    for run in judgement.runs:
        if run.cycle is cycle and any(state != NOT_APPLICABLE for state in run.states):
            yield line_of(run, at) if is_open(run) else _ended(run, at)


def line_of(run: Run, at: int) -> ClockLine:
    """Return one clock at `at` (ms), as an open clock unless it has ended. Raises YearUnknown."""
    if run.ending is not None:
        return _ended(run, at)
    drawn = bar(run, at)
    section, due_at = nearest([run], at)
    known = section is not Section.UNKNOWN
    level = next((mark.level for mark in drawn.marks if mark.due_at == due_at and not mark.warns), None)
    return ClockLine(
        run.clock.name,
        run.clock.clause,
        worst([run]),
        _flow(run, at),
        due_at if known else None,
        section is Section.COMING,
        level if known else None,
        drawn,
    )


def _ended(run: Run, at: int) -> ClockLine:
    state = BREACHED if BREACHED in run.states else CANCELLED if CANCELLED in run.states else MET
    return ClockLine(run.clock.name, run.clock.clause, state, None, None, False, None, bar(run, at))


def _flow(run: Run, at: int) -> Flow:
    """Return what the clock does at `at` (ms). A pause in closed hours is a pause, as for the judge."""
    for since, until in run.pauses:
        if since <= at and (until is None or at < until):
            return Flow.PAUSED
    calendar = run.clock.calendar
    if calendar.valid_until is not None and at >= calendar.valid_until:  # opening hours are unknown then
        return Flow.RUNNING
    return Flow.RUNNING if calendar.open_between(at, at + 1) else Flow.CLOSED
