"""The derivation of one clock, as data: rules, stretches of time, sums, the comparison of each level."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from schemas.instant import written
from service.explain.intervals import stretches
from service.explain.working_dates import working_dates, zone_of
from service.sla.calendar.calendar import YearUnknown
from service.sla.facts import Fact, Kind
from service.sla.history import identity
from service.sla.judge import END_OF_TIME, LevelState, LevelVerdict, Run
from service.sla.lapse import has_lapsed
from service.sla.policy import Attributes

T = TypeVar("T")

Part = dict[str, Any]  # of the derivation; instants as text, lengths in ms


def clock_part(run: Run, numbers: Mapping[tuple[str, str], int], at: int) -> Part:
    """Return the arithmetic of one clock and its levels at `at` (ms). `numbers`: of facts, by identity."""
    dues = [verdict.due_at for verdict in run.verdicts if verdict.due_at is not None]
    until, clock, beyond = _until(run, dues, at), run.clock, run.end_beyond
    return {
        "clock": clock.name,
        "clause": clock.clause,
        "calendar": clock.calendar.name,
        "when": {key: sorted(values) for key, values in clock.when},
        "start_kind": clock.start.word,
        "stop_kinds": [kind.word for kind in sorted(clock.stop)],
        "pause": clock.pauses if isinstance(clock.pauses, bool) else sorted(clock.pauses),
        "start": numbers[identity(run.start)],
        "started_at": written(run.started_at),
        "end": run.end and numbers[identity(run.end)],
        "stopped_at": None if run.stopped_at is None else written(run.stopped_at),
        "ending": run.ending and str(run.ending),
        # The fact that ended it in a year that the calendar does not know: it does not count yet.
        "end_beyond": beyond and numbers[identity(beyond)],
        "end_beyond_at": beyond and written(run.cycle.instant(beyond)),
        "no_response": [numbers[identity(fact)] for fact in _no_responses(run)],
        "paused_since": _paused_since(run, at),
        "stretches": _known(lambda: list(_stretches(run, until, [due for due in dues if due <= until]))),
        "levels": [_level(run, verdict, at) for verdict in run.verdicts],
    }


def _until(run: Run, dues: Sequence[int], at: int) -> int:
    """The instant (ms) up to which the time of a clock is cut into stretches."""
    if run.stopped_at is not None:
        return run.stopped_at
    if at == END_OF_TIME:  # up to the last instant of which something is known
        open_pauses = [max(since, run.started_at) for since, until in run.pauses if until is None]
        until = max([*dues, *open_pauses], default=run.started_at)
    else:
        until = max(at, run.started_at)
    return min(until, run.clock.calendar.valid_until or until)


def _no_responses(run: Run) -> Iterator[Fact]:
    """Yield the answers of bots and systems from start to end of a clock that a response stops.

    An agent's answer there would have stopped it.
    """
    facts = run.cycle.facts
    if Kind.RESPONSE_STARTED not in run.clock.stops:
        return
    end = run.end or run.end_beyond
    until = facts.index(end) if end in facts else len(facts)
    for fact in facts[facts.index(run.start) : until]:
        if fact.kind == Kind.RESPONSE_STARTED:
            yield fact


def _paused_since(run: Run, at: int) -> str | None:
    """The beginning of a pause without an end, in which the clock is at `at` (ms), or ended."""
    if not run.pauses or run.pauses[-1][1] is not None:
        return None
    since = max(run.pauses[-1][0], run.started_at)
    return written(since) if since <= at else None


def _known(cut: Callable[[], list[T]]) -> list[T]:
    """Return the stretches that `cut` gives; none where the calendar does not know the days of a year."""
    try:
        return cut()
    except YearUnknown:
        return []


def _stretches(run: Run, until: int, dues: list[int]) -> Iterator[Part]:
    """Yield the stretches from the clock's start to `until`, also cut at `dues`; `elapsed` sums `counted`."""
    elapsed = 0
    for stretch in stretches(run, until, dues):
        elapsed += stretch.counted
        yield {
            "from": written(stretch.since),
            "until": written(stretch.until),
            "length": stretch.until - stretch.since,
            "counted": stretch.counted,
            "paused": stretch.paused,
            "closed": stretch.closed,
            "elapsed": elapsed,
        }


def _level(run: Run, verdict: LevelVerdict, at: int) -> Part:
    level, due_at, days = verdict.level, verdict.due_at, verdict.level.working_days
    paused = closed = None
    if due_at is not None and level.after_ms is not None:
        cut = _known(lambda: list(stretches(run, due_at)))
        paused, closed = sum(part.paused for part in cut), sum(part.closed for part in cut)
    overrun = None
    if due_at is not None and run.stopped_at is not None and verdict.state is LevelState.BREACHED:
        overrun = run.clock.calendar.elapsed(due_at, run.stopped_at, run.pauses)
    return {
        "level": level.name,
        "target": level.after_ms,
        "working_days": level.working_days,
        "dates": [] if days is None else working_dates(run.clock.calendar, run.started_at, days),
        "zone": None if days is None else zone_of(run.clock.calendar),
        "paused_before_due": paused,
        "closed_before_due": closed,
        "due_at": None if due_at is None else written(due_at),
        **_decisive(run, verdict, at),
        "state": str(verdict.state),
        "because": _because(run, verdict, at),
        "overrun": overrun,
    }


def _decisive(run: Run, verdict: LevelVerdict, at: int) -> Part:
    """Return the instant that decides, and the attributes that `when` asks for at that instant.

    The instant is null where the end of time is judged.
    """
    overdue_at = _overdue_at(run, verdict, at)
    instant = at
    if overdue_at is not None:
        instant = overdue_at
        attributes = run.cycle.attributes_at(instant)
        if instant == run.stopped_at:
            attributes = _before_the_end(run)
    elif run.stopped_at is not None:
        instant, attributes = run.stopped_at, _before_the_end(run)
    else:
        attributes = run.cycle.attributes_at(at)
    return {
        "decided_at": None if instant == END_OF_TIME else written(instant),
        "attributes": {key: attributes.get(key) for key, _ in run.clock.when},
    }


def _overdue_at(run: Run, verdict: LevelVerdict, at: int) -> int | None:
    """The instant (ms) at which a lapsed level is overdue, or was due without being owed; else None."""
    due_at = verdict.due_at
    if due_at is None or not has_lapsed(due_at, at) or not run.outlasts(due_at):
        return None
    if not run.owes(due_at):
        return due_at
    true_at = run.true_at(due_at)
    return None if true_at is None or true_at > at else true_at


def _before_the_end(run: Run) -> Attributes:
    if run.end is None or run.end not in run.cycle.facts:
        return run.cycle.attributes
    return run.cycle.attributes_before(run.cycle.facts.index(run.end))


def _because(run: Run, verdict: LevelVerdict, at: int) -> str:
    """Return the comparison that decided, as the key of a sentence."""
    due_at, overdue_at = verdict.due_at, _overdue_at(run, verdict, at)
    if verdict.state is LevelState.NOT_APPLICABLE:
        return "does_not_apply"
    if overdue_at is not None and due_at is not None and not run.owes(due_at):
        return "never_owed"
    if overdue_at not in (None, due_at):
        return "applies_again"
    if run.stopped_at is not None:
        if due_at is None:
            return "ended_in_known_year" if run.is_undated else "ended_in_pause"
        if not run.outlasts(due_at):
            return "ended_in_time"
        return "ended_late" if has_lapsed(due_at, at) else "ended_not_due_yet"
    if due_at is None:
        return "unknown_year" if run.is_undated else "in_pause"
    return "not_ended" if has_lapsed(due_at, at) else "not_due_yet"
