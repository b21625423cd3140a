"""The derivation of each verdict on a ticket, as data: facts, stretches of time, sums, comparisons."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from schemas.instant import written
from service.explain.intervals import stretches
from service.sla.calendar.calendar import YearUnknown
from service.sla.facts import Fact, Kind
from service.sla.history import identity, order, standing, unique
from service.sla.judge import END_OF_TIME, Judgement, LevelState, LevelVerdict, Run, judge
from service.sla.lapse import has_lapsed
from service.sla.policy import Attributes, Policies
from service.sla.timeline import Cycle

T = TypeVar("T")

Part = dict[str, Any]  # of the derivation; instants as text, lengths in ms


def derivation(ticket_id: str, tenant: str, facts: Iterable[Fact], policies: Policies, at: int) -> Part:
    """Return everything that a person needs to recompute the verdicts on one ticket at `at` (ms).

    Facts are numbered in fact order. `offset` and `partition` are null for facts from a file.
    """
    known = sorted(unique(facts), key=order)
    numbers = {identity(fact): number for number, fact in enumerate(known, 1)}
    judgement = judge(known, policies, tenant, at)
    return {
        "ticket_id": ticket_id,
        "tenant": tenant,
        "judged_at": None if at == END_OF_TIME else written(at),
        "facts": _facts(known),
        "cycles": [_cycle(cycle, judgement, numbers, at) for cycle in judgement.cycles],
    }


def _facts(known: list[Fact]) -> list[Part]:
    counting = {identity(fact) for fact in standing(known)}
    return [
        {
            "number": number,
            "time": written(fact.time),
            "type": f"complaint.{Kind(fact.kind).word}",
            "source": fact.source,
            "id": fact.id,
            "data": fact.data,
            "recorded_at": written(fact.recorded_at) if fact.offset >= 0 else None,
            "partition": fact.partition if fact.offset >= 0 else None,
            "offset": fact.offset if fact.offset >= 0 else None,
            "voided": identity(fact) not in counting,
        }
        for number, fact in enumerate(known, 1)
    ]


def _cycle(cycle: Cycle, judgement: Judgement, numbers: dict[tuple[str, str], int], at: int) -> Part:
    policy = cycle.policy
    return {
        "cycle": cycle.number,
        "start": numbers[identity(cycle.facts[0])],
        "started_at": written(cycle.started_at),
        "attributes": dict(cycle.attributes_at(cycle.started_at)),
        "agreement": cycle.agreement,
        "policy": policy
        and {
            "id": policy.id,
            "version": policy.version,
            "sha256": policy.sha256,
            "title": dict(policy.title),
            "exempt": policy.exempt,
        },
        "clocks": [_clock(run, numbers, at) for run in judgement.runs if run.cycle is cycle],
    }


def _clock(run: Run, numbers: dict[tuple[str, str], int], at: int) -> Part:
    dues = [verdict.due_at for verdict in run.verdicts if verdict.due_at is not None]
    until = run.stopped_at
    if until is None:
        until = max(dues, default=run.started_at) if at == END_OF_TIME else max(at, run.started_at)
        until = min(until, run.clock.calendar.valid_until or until)
    return {
        "clock": run.clock.name,
        "clause": run.clock.clause,
        "calendar": run.clock.calendar.name,
        "when": {key: sorted(values) for key, values in run.clock.when},
        "start": numbers[identity(run.start)],
        "started_at": written(run.started_at),
        "end": run.end and numbers[identity(run.end)],
        "stopped_at": None if run.stopped_at is None else written(run.stopped_at),
        "ending": run.ending and str(run.ending),
        "stretches": _known(lambda: list(_stretches(run, until, [due for due in dues if due <= until]))),
        "levels": [_level(run, verdict, at) for verdict in run.verdicts],
    }


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
    level, due_at = verdict.level, verdict.due_at
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
