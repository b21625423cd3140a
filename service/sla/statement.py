"""Statements: what is true of a ticket and may be announced, corrected or retracted."""

from collections.abc import Iterator
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from service.sla.announcement import Type
from service.sla.facts import Fact
from service.sla.grounds import AttributesTold, attributes_when_overdue, evidence, told
from service.sla.judge import (
    AT_RISK,
    BREACHED,
    CANCELLED,
    MET,
    NOT_APPLICABLE,
    PAUSED,
    RUNNING,
    STOPPED,
    Judgement,
    LevelState,
    LevelVerdict,
    Run,
)
from service.sla.lapse import has_lapsed
from service.sla.policy import DEFAULT_AGREEMENT, Policy
from service.sla.timeline import Cycle

Key = tuple[int, str, str | None]  # cycle, clock, level; None: the clock as a whole

ACTIVITY = "activity"  # the pseudo-clock of a ticket without new facts, see `activity`

# Plain names are faster, see judge.py.
_BREACHED, _SETTLED, _AT_RISK = Type.BREACHED, Type.BREACH_SETTLED, Type.AT_RISK
_MET, _CANCELLED = Type.MET, Type.CANCELLED
_encode = msgspec.json.Encoder().encode


class Statement(msgspec.Struct, frozen=True, gc=False):
    """One statement about a level of a clock, or about a whole clock. Instants and lengths in ms."""

    key: Key
    type: Type
    state: LevelState
    cycle: Cycle | None  # None: there is no such cycle any more
    started_at: int | None
    due_at: int | None
    run: Run | None = None  # None for the pseudo-clock, and for a clock that never started
    stopped_at: int | None = None  # when the clock ended, if the statement takes the end into account
    supersedes: str | None = None  # the next lower breached level
    timely: bool = True  # False: stands if it was announced before, but is not announced any more
    latest: Fact | None = None  # of a silence: the last fact before it

    @property
    def policy(self) -> Policy | None:
        """The policy that judges the cycle."""
        return self.cycle.policy if self.cycle else None

    @property
    def customer_id(self) -> str | None:
        """The ticket's customer."""
        return self.cycle.attributes.get("customer_id") if self.cycle else None

    @property
    def rank(self) -> int | None:
        """Of a breach level: its place among those of its clock, from 1."""
        _, _, name = self.key
        levels = self.run.clock.levels if self.run else ()
        return next((level.rank for level in levels if level.name == name), None)

    @property
    def zone(self) -> str | None:
        """The time zone in which the months of the due instant begin, by its IANA name or as an offset."""
        calendar = self.run.clock.calendar if self.run else None
        return (calendar.zone if calendar else None) or (self.policy.zone if self.policy else None)

    @property
    def attributes(self) -> AttributesTold | None:
        """The ticket's attributes: of an end, before it; else when the level was first overdue."""
        run, cycle, due_at = self.run, self.cycle, self.due_at
        if cycle is None:
            return None
        if run is None:
            return told(cycle.attributes if due_at is None else cycle.attributes_at(due_at))
        _, _, level = self.key
        if level is None or due_at is None:
            return told(run.attributes)
        return told(attributes_when_overdue(run, due_at))

    @property
    def paused_for(self) -> int | None:
        """Counted time (ms) that pauses removed, up to the end, or up to the due instant without an end."""
        run, until = self.run, self.due_at if self.stopped_at is None else self.stopped_at
        if run is None or until is None:
            return None
        return run.clock.calendar.paused(run.started_at, until, run.pauses) if run.pauses else 0

    @property
    def elapsed_for(self) -> int | None:
        """Counted time (ms) from the start to the end."""
        return None if self.started_at is None else self._counted_since(self.started_at)

    @property
    def overrun_for(self) -> int | None:
        """Counted time (ms) from the due instant to the end; 0 when the end was in time."""
        return None if self.due_at is None else self._counted_since(self.due_at)

    def _counted_since(self, instant: int) -> int | None:
        run, stopped_at = self.run, self.stopped_at
        if run is None or stopped_at is None:
            return None
        return run.clock.calendar.elapsed(instant, stopped_at, run.pauses)

    @property
    def true_at(self) -> int | None:
        """The instant (ms) from which the statement of a lapse, or of its end, is true by the facts."""
        if self.stopped_at is not None:
            return self.stopped_at
        if self.run is None or self.due_at is None:
            return self.due_at
        return self.run.true_at(self.due_at)

    @property
    def reason(self) -> str | None:
        """The reason why the clock was cancelled; None: it was not."""
        cancelled = self.run is not None and self.type is _CANCELLED
        return str(self.run.ending) if self.run and cancelled else None

    @property
    def evidence(self) -> tuple[Fact, ...]:
        """The facts that decided the statement, in fact order."""
        if self.run is None:
            return (self.latest,) if self.latest else ()
        if self.run.evidence is not None:
            return self.run.evidence
        return evidence(self.run, ended=self.stopped_at is not None)

    @property
    def digest(self) -> int:
        """A digest that differs when readers of an earlier announcement need a new one."""
        return digest(
            (
                self.type,
                self.policy and (self.policy.id, self.policy.version),
                self.customer_id,
                self.started_at,
                self.due_at,
                self.stopped_at,
                self.paused_for,
                self.elapsed_for,
                self.supersedes,
                self.reason,
            )
        )

    def unsettled(self) -> "Statement":
        """The breach as it stood before its clock ended."""
        return replace(self, type=_BREACHED, stopped_at=None)


def digest(announced: tuple[object, ...]) -> int:
    """56-bit digest of the fields that Statement.digest lists. State keeps it, so it must never change."""
    return int.from_bytes(blake2b(_encode(announced), digest_size=7).digest())


def statements(judgement: Judgement, at: int) -> Iterator[Statement]:
    """All statements that hold at `at` (ms), the instant of `judgement`; each key at most once."""
    for run in judgement.runs:
        if BREACHED in run.states or AT_RISK in run.states:
            yield from _of_levels(run)
        if (outcome := _outcome(run)) is not None:
            yield outcome
    for silence in silences(judgement):
        if silence.due_at is not None and has_lapsed(silence.due_at, at):
            yield silence


def _of(
    run: Run,
    level: str | None,
    type_: Type,
    state: LevelState,
    due_at: int | None,
    stopped_at: int | None = None,
    supersedes: str | None = None,
    timely: bool = True,  # noqa: FBT001, FBT002 (a private function)
) -> Statement:
    key = run.cycle.number, run.clock.name, level
    return Statement(
        key, type_, state, run.cycle, run.started_at, due_at, run, stopped_at, supersedes, timely
    )


def _of_levels(run: Run) -> Iterator[Statement]:
    lower: str | None = None
    broken = _SETTLED if run.ending else _BREACHED
    timely = run.ending is None and BREACHED not in run.states
    for level, due_at, state in zip(run.clock.levels, run.dues, run.states, strict=True):
        if state is BREACHED:
            yield _of(run, level.name, broken, state, due_at, run.stopped_at, lower)
            lower = level.name
        elif state is AT_RISK:
            yield _of(run, level.name, _AT_RISK, state, due_at, timely=timely)


def _outcome(run: Run) -> Statement | None:
    """The statement that the clock was met or cancelled; None: neither."""
    if run.ending is None or not run.applies:
        return None
    due_at = first_breach_at(run)
    if run.ending is not STOPPED:
        return _of(run, None, _CANCELLED, CANCELLED, due_at, run.stopped_at)
    if due_at is None or not run.outlasts(due_at):
        return _of(run, None, _MET, MET, due_at, run.stopped_at)
    return None


def first_breach_at(run: Run) -> int | None:
    """The due instant (ms) of the clock's first breach level."""
    if run.clock.soonest_breach is not None:
        return run.dues[run.clock.soonest_breach]
    levels = zip(run.clock.levels, run.dues, strict=True)
    dues = [due_at for level, due_at in levels if due_at is not None and not level.warns]
    return min(dues) if dues else None


def silences(judgement: Judgement) -> Iterator[Statement]:
    """Yield the statements that nothing happens for too long; each holds once its `due_at` has lapsed.

    There are two, of the current cycle of each agreement: while a clock runs, and while clocks are paused and
    none runs.
    """
    for cycle in judgement.current:
        policy = cycle.policy
        if policy is None or (policy.stalled_after_ms is None and policy.held_after_ms is None):
            continue
        latest = max(cycle.facts, key=cycle.instant)
        started_at = cycle.instant(latest)
        open_runs = [run for run in judgement.runs if run.cycle is cycle and run.ending is None]
        for level, after in (("warning", policy.stalled_after_ms), ("warning-held", policy.held_after_ms)):
            if after is None:
                continue
            due_at = started_at + after
            states = {run.ongoing(due_at) for run in open_runs}
            if (RUNNING in states) if level == "warning" else (PAUSED in states and RUNNING not in states):
                key = cycle.number, activity(cycle.agreement), level
                yield Statement(key, _AT_RISK, AT_RISK, cycle, started_at, due_at, latest=latest)


def activity(agreement: str) -> str:
    """The name of an agreement's pseudo-clock for silences."""
    return ACTIVITY if agreement == DEFAULT_AGREEMENT else f"{ACTIVITY}@{agreement}"


def held_now(judgement: Judgement, key: Key, type_: Type) -> Statement:
    """The statement that replaces an announced one about `key` that no longer holds; its type is `type_`."""
    number, clock, level = key
    for run in judgement.runs:
        if (run.cycle.number, run.clock.name) == (number, clock):
            for verdict in run.verdicts if level else [_first_breach(run)]:
                if level in (None, verdict.level.name):
                    return _of(run, level, type_, verdict.state, verdict.due_at, run.stopped_at)
    name, _, agreement = clock.partition("@")
    is_silence = name == ACTIVITY
    if not is_silence:
        agreement = judgement.agreements.get(clock, "")
    agreement = agreement or DEFAULT_AGREEMENT
    for cycle in judgement.cycles:
        if cycle.number == number and cycle.agreement == agreement:
            state = NOT_APPLICABLE
            if is_silence and any(silence.key == key for silence in silences(judgement)):
                state = RUNNING if level == "warning" else PAUSED
            latest = max(cycle.facts, key=cycle.instant) if is_silence else None
            return Statement(key, type_, state, cycle, None, None, latest=latest)
    return Statement(key, type_, NOT_APPLICABLE, None, None, None)


def _first_breach(run: Run) -> LevelVerdict:
    """The verdict of the first breach level, or of the first warning where there is none."""
    breaches = [verdict for verdict in run.verdicts if not verdict.level.warns]
    known = [verdict for verdict in breaches if verdict.due_at is not None]
    return min(known, key=lambda verdict: verdict.due_at or 0) if known else (breaches or run.verdicts)[0]
