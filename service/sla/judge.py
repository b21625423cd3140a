"""The judge: which clocks of a ticket ran, and the state of each of their levels, by the facts alone.

All code that decides a verdict is in this file and in history, timeline and pauses.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from service.sla.calendar.calendar import Calendar, Interval
from service.sla.facts import Fact, Kind
from service.sla.history import lead, standing, unique
from service.sla.lapse import has_lapsed
from service.sla.pauses import counted
from service.sla.policy import Attributes, Clock, Level, Policies, Policy, matches
from service.sla.timeline import ClockSpan, Cycle, Stretch, cycles_of

END_OF_TIME = 1 << 53  # an instant after every deadline, still exact in JSON numbers


class LevelState(StrEnum):
    """The state of a level of a clock."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    CANCELLED = "cancelled"
    NOT_APPLICABLE = "not_applicable"
    AT_RISK = "at_risk"
    BREACHED = "breached"


# Plain names are faster: Python 3.11 takes 0.2 µs for an enum member, and each clock needs several.
RUNNING, PAUSED, MET, CANCELLED, NOT_APPLICABLE, AT_RISK, BREACHED = LevelState


class Ending(StrEnum):
    """How a clock ended: stopped by one of its stop facts, or cancelled, in three ways."""

    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    REOPENED = "reopened"


STOPPED, WITHDRAWN, MERGED, REOPENED = Ending
_CANCELLED_BY = {int(Kind.WITHDRAWN): WITHDRAWN, int(Kind.MERGED): MERGED}


class LevelVerdict(msgspec.Struct, frozen=True, gc=False):
    """The verdict of one level. `due_at` in ms; None: a pause never ends, or its year is unknown."""

    level: Level
    due_at: int | None
    state: LevelState


class Run(msgspec.Struct, gc=False):
    """One clock in one cycle, and its verdicts. Instants in ms."""

    cycle: Cycle
    policy: Policy
    clock: Clock
    start: Fact
    started_at: int
    end: Fact | None
    stopped_at: int | None  # when the clock ended, by a stop or a cancellation
    ending: Ending | None
    applies: bool  # `when` held before the end, in fact order; without an end, it holds after all facts
    pauses: list[Interval]  # the pauses that count
    dues: Sequence[int | None]  # by level, as in LevelVerdict
    states: list[LevelState]  # by level
    next_at: int | None  # the earliest instant (ms), not before the judgement's, after which a level lapses
    evidence: tuple[Fact, ...] | None = None  # the facts that decided; None: compute them from the cycle
    holding: list[Stretch] | None = None  # when `when` holds; None: `applies` says it for the whole cycle
    attributes: Attributes = {}  # before the end, in fact order; without an end, after all facts
    end_beyond: Fact | None = None  # the fact that ended it in a year that its calendar does not know

    @property
    def verdicts(self) -> list[LevelVerdict]:
        """The verdict of each level."""
        return [
            LevelVerdict(*verdict) for verdict in zip(self.clock.levels, self.dues, self.states, strict=True)
        ]

    @property
    def is_undated(self) -> bool:
        """True when a level is due in a year without official days: its due instant is not guessed."""
        return None in self.dues and not (self.pauses and self.pauses[-1][1] is None)

    def applies_at(self, instant: int) -> bool:
        """True when the clock's `when` holds for the attributes at `instant` (ms), not after its end."""
        if self.holding is not None and instant < self.cycle.started_at:  # then the start fact alone counts
            return matches(self.clock.when, self.cycle.attributes_at(instant))
        return self._applies_within(instant, instant)

    def owes(self, due_at: int) -> bool:
        """True when the clock applied at any instant up to a level's due instant (ms)."""
        return self._applies_within(self.started_at, due_at)

    def _applies_within(self, first: int, last: int) -> bool:
        """True when the clock applies at any instant from `first` to `last` (ms), both included."""
        if self.holding is None:
            return self.applies
        return any(since <= last and (until is None or until > first) for since, until in self.holding)

    def true_at(self, due_at: int) -> int | None:
        """The first instant (ms) at which a level that is due at `due_at`, and owed, is overdue; or None.

        That is the due instant, or the reclassification after it that makes the clock apply again.
        """
        if self.holding is None:
            return due_at
        # Not a lapse: the stretches [since, until) that reach beyond the due instant.
        reached = [max(since, due_at) for since, until in self.holding if until is None or until > due_at]
        return reached[0] if reached else None

    def outlasts(self, instant: int) -> bool:
        """True when the clock did not end at or before `instant` (ms): an end at a due instant is in time."""
        return self.stopped_at is None or has_lapsed(instant, self.stopped_at)

    def ongoing(self, at: int) -> LevelState:
        """The state at `at` (ms) of a clock that has not ended: running, paused or not applicable."""
        if not self.applies_at(at):
            return NOT_APPLICABLE
        if not self.pauses:
            return RUNNING
        for since, until in self.pauses:
            if since <= at and (until is None or at < until):
                return PAUSED
        return RUNNING


class Judgement(msgspec.Struct, gc=False):
    """All cycles, and all clocks that started: by agreement, in the order of cycles and of the policy."""

    cycles: list[Cycle]
    runs: list[Run]
    agreements: Mapping[str, str] = {}  # by clock; empty for desks, which have none

    @property
    def current(self) -> list[Cycle]:
        """The last cycle of each agreement."""
        return list({cycle.agreement: cycle for cycle in self.cycles}.values())

    @property
    def next_at(self) -> int | None:
        """The earliest instant (ms), not before the judgement's, after which a level lapses."""
        earliest: int | None = None
        for run in self.runs:
            if run.next_at is not None and (earliest is None or run.next_at < earliest):
                earliest = run.next_at
        return earliest


def judge(facts: Iterable[Fact], policies: Policies, tenant: str, at: int) -> Judgement:
    """Judge one ticket at `at` (ms): only the set of facts, the policies and `at` decide."""
    return judge_unique(unique(facts), policies, tenant, at)


def judge_unique(facts: Sequence[Fact], policies: Policies, tenant: str, at: int) -> Judgement:
    """Judge one ticket, like `judge`, from facts with one per identity, as a ticket keeps them."""
    return judge_cycles(cycles_of(lead(standing(facts)), policies, tenant), policies, at)


def judge_cycles(cycles: list[Cycle], policies: Policies, at: int) -> Judgement:
    """Judge every clock that started, at `at` (ms); `policies`: those that the cycles have been folded by."""
    runs = [run_of(cycle, span, at) for cycle in cycles for span in cycle.spans]
    return Judgement(cycles, runs, policies.agreement_of)


def last_due(cycles: Iterable[Cycle]) -> int:
    """The last due instant (ms) of all clocks that started; 0 without one."""
    last = 0
    for cycle in cycles:
        for clock, start, end in cycle.spans:
            pauses = _pauses(cycle, clock, end)
            for due_at in clock.dues(cycle.instant(cycle.facts[start]), pauses):
                if due_at is not None and due_at > last:
                    last = due_at
    return last


def waits_for_year(cycle: Cycle, span: ClockSpan) -> bool:
    """True when the verdicts of a clock need a year that its calendar does not know yet."""
    clock, start, end = span
    if clock.calendar.valid_until is None or (cycle.is_steady and not matches(clock.when, cycle.attributes)):
        return False
    last = cycle.followed_by if end is None else cycle.facts[end]
    if last is not None:
        return is_beyond(clock.calendar, cycle.instant(last))
    pauses = _pauses(cycle, clock, end)
    is_held = bool(pauses) and pauses[-1][1] is None
    return not is_held and None in clock.dues(cycle.instant(cycle.facts[start]), pauses)


def _pauses(cycle: Cycle, clock: Clock, end: int | None) -> list[Interval]:
    """The pauses that count for a clock; facts after its end do not matter."""
    if not clock.pauses or not cycle.was_paused:
        return []
    return counted(cycle.facts if end is None else cycle.facts[: end + 1], clock.pauses, cycle.origin)


def run_of(cycle: Cycle, span: ClockSpan, at: int) -> Run:
    """Judge one clock of a cycle at `at` (ms)."""
    clock, start, end = span
    facts = cycle.facts
    if end is None:
        last = cycle.followed_by
        ending = None if last is None else REOPENED
        attributes = cycle.attributes
    else:
        last = facts[end]
        ending = STOPPED if last.kind in clock.stops else _CANCELLED_BY[last.kind]
        attributes = cycle.attributes if cycle.is_steady else cycle.attributes_before(end)
    stopped_at = None if last is None else cycle.instant(last)
    end_beyond = None
    if stopped_at is not None and is_beyond(clock.calendar, stopped_at):
        # The counted time is not known, so whether the end was in time, or how late, would be a guess.
        end_beyond, last = last, None
        stopped_at = ending = None
        attributes = cycle.attributes
    pauses = _pauses(cycle, clock, end)
    started_at = cycle.instant(facts[start])
    assert cycle.policy is not None
    run = Run(
        cycle,
        cycle.policy,
        clock,
        facts[start],
        started_at,
        last,
        stopped_at,
        ending,
        not clock.when or matches(clock.when, attributes),
        pauses,
        clock.dues(started_at, pauses),
        [],
        None,
        holding=None
        if cycle.is_steady or not clock.when
        else cycle.holding(clock.when, end if last else None),
        attributes=attributes,
        end_beyond=end_beyond,
    )
    judge_levels(run, at)
    return run


def is_beyond(calendar: Calendar, instant: int) -> bool:
    """True when `instant` (ms) lies after the last official day of the calendar."""
    return calendar.valid_until is not None and instant > calendar.valid_until


def _unlapsed(run: Run, at: int) -> LevelState:
    """The state at `at` (ms) of a level that has not lapsed."""
    if run.ending is None:
        return run.ongoing(at)
    if not run.applies:
        return NOT_APPLICABLE
    return MET if run.ending is STOPPED else CANCELLED


def judge_levels(run: Run, at: int) -> None:
    """Set the states of `run` at `at` (ms), and its next lapse."""
    dues = run.dues
    if not run.applies and run.cycle.is_steady:  # it never applied, and never will
        run.states = [NOT_APPLICABLE] * len(dues)
        return
    otherwise = _unlapsed(run, at)
    soonest = run.clock.soonest
    if soonest is not None:  # most evaluations come before any lapse: then the first level decides for all
        due_at = dues[soonest]
        if due_at is None or not run.outlasts(due_at):
            run.states = [otherwise] * len(dues)
            return
        if run.cycle.is_steady and not has_lapsed(due_at, at):
            run.states = [otherwise] * len(dues)
            run.next_at = due_at
            return
    for level, due_at in zip(run.clock.levels, dues, strict=True):
        state = otherwise
        if due_at is not None and run.outlasts(due_at) and run.owes(due_at) and _lapses(run, due_at, at):
            state = AT_RISK if level.warns else BREACHED
        run.states.append(state)


def _lapses(run: Run, due_at: int, at: int) -> bool:
    """True when a level that is owed is overdue at `at` (ms); else the run's next lapse may be this one."""
    true_at = run.true_at(due_at)
    if true_at is None:
        return False
    lapses_at = max(due_at, true_at - 1)
    if has_lapsed(lapses_at, at):
        return True
    if run.next_at is None or lapses_at < run.next_at:
        run.next_at = lapses_at
    return False
