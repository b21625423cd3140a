"""A second judge, slow on purpose: every answer is looked up again from the definition of the thing.

It shares no code with the service's judge. Calendars: around the clock only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from service.sla.facts import Fact, Kind
from service.sla.policy import Clock, Level, Policies
from tests.naive.story import (
    Cycle,
    attributes_after,
    attributes_at,
    counts_as,
    cycles,
    ended_by,
    holds,
    started_by,
)

Row = dict[str, Any]
Pause = tuple[int, int | None]  # [from, until) in ms; None: nobody resumed


def fits(resumed: Fact, paused: Fact) -> bool:
    reason = resumed.data.get("reason")
    return reason is None or paused.data.get("reason") in (None, reason)


def pauses_of(facts: Sequence[Fact]) -> list[tuple[Fact, int | None]]:
    """Each `paused` with the instant that ended it; the help desk's own instants."""
    until: dict[int, int] = {}  # position of the paused fact: when it ended
    for t in sorted({fact.time for fact in facts}):
        begun = {i: fact for i, fact in enumerate(facts) if fact.kind == Kind.PAUSED and fact.time <= t}
        open_before = [i for i, fact in begun.items() if fact.time < t and i not in until]
        beginning = [i for i, fact in begun.items() if fact.time == t]
        for resumed in [fact for fact in facts if fact.kind == Kind.RESUMED and fact.time == t]:
            fitting = [i for i in open_before if fits(resumed, begun[i])]
            for i in fitting or [i for i in beginning if fits(resumed, begun[i])]:
                until[i] = t
    return [(fact, until.get(i)) for i, fact in enumerate(facts) if fact.kind == Kind.PAUSED]


def elapsed(start: int, end: int, pauses: Sequence[Pause]) -> int:
    """Counted ms: the sum of all stretches between neighbouring instants that no pause covers."""
    instants = {start, end}
    for begin, until in pauses:
        instants |= {begin, end if until is None else until}
    line = sorted(instant for instant in instants if start <= instant <= end)
    return sum(
        b - a
        for a, b in pairwise(line)
        if not any(begin <= a and (until is None or b <= until) for begin, until in pauses)
    )


def due(start: int, target: int, pauses: Sequence[Pause]) -> int | None:
    """The first instant at which `target` ms have elapsed, found by halving."""
    low, high = start, start + target + sum((until or begin) - begin for begin, until in pauses)
    if elapsed(start, high, pauses) < target:
        return None
    while low < high:
        middle = (low + high) // 2
        if elapsed(start, middle, pauses) >= target:
            high = middle
        else:
            low = middle + 1
    return low


@dataclass
class Run:
    """One clock in one cycle that started."""

    cycle: Cycle
    clock: Clock
    started: int  # ms
    stopped: int | None  # ms: the end, also a cancellation
    how: str | None  # met, cancelled
    why: str | None  # the word of the fact that cancelled
    pauses: list[Pause]  # those that count
    before: list[Fact]  # the facts of the cycle before the end, or all there are

    @property
    def last(self) -> dict[str, str]:
        """The attributes before the end, or after all there is."""
        return attributes_after(self.cycle, self.before)

    def due(self, level: Level) -> int | None:
        assert level.after_ms is not None
        return due(self.started, level.after_ms, self.pauses)

    def applies_at(self, instant: int) -> bool:
        return holds(self.clock.when, attributes_at(self.cycle, self.before, instant))

    def applies_within(self, first: int, last: int) -> bool:
        """At any instant from first to last; attributes change at instants of facts only."""
        changed = [self.cycle.instant(fact) for fact in self.before]
        return any(self.applies_at(t) for t in (first, *changed) if first <= t <= last)

    def state(self, level: Level, at: int) -> str:
        d = self.due(level)
        if d is not None and at > d and (self.stopped is None or self.stopped > d):
            until = at if self.stopped is None else min(at, self.stopped)
            if self.applies_within(self.started, d) and self.applies_within(d, until):
                return "at_risk" if level.warns else "breached"
        if self.how:
            return self.how if holds(self.clock.when, self.last) else "not_applicable"
        if not self.applies_at(at):
            return "not_applicable"
        return "paused" if self.is_paused(at) else "running"

    def is_paused(self, at: int) -> bool:
        return any(begin <= at and (until is None or at < until) for begin, until in self.pauses)


def run_of(cycle: Cycle, clock: Clock) -> Run | None:
    begin = started_by(cycle, clock)
    if begin is None:
        return None
    end = ended_by(cycle, clock)
    touching = [
        fact
        for index, fact in enumerate(cycle.facts if end is None else cycle.facts[: end[0] + 1])
        if Kind(fact.kind) in counts_as(cycle, index)
    ]
    pauses: list[Pause] = [
        (cycle.instant(fact), None if until is None else max(until, cycle.floor))
        for fact, until in pauses_of(touching)
        if clock.pauses is True or (clock.pauses and fact.data.get("reason") in clock.pauses)
    ]
    started = cycle.instant(cycle.facts[begin])
    if end is None:
        return Run(cycle, clock, started, None, None, None, pauses, cycle.facts)
    index, how = end
    ender = cycle.facts[index] if index < len(cycle.facts) else cycle.reopened
    assert ender
    why = Kind(ender.kind).word if how == "cancelled" else None
    return Run(cycle, clock, started, cycle.instant(ender), how, why, pauses, cycle.facts[: max(index, 1)])


def runs(facts: Iterable[Fact], policies: Policies, tenant: str) -> list[Run]:
    """Every clock of every cycle that started, in the order of agreement, cycle and policy."""
    known = list(facts)
    found = [
        run_of(cycle, clock)
        for _, rules in by_agreement(policies)
        for cycle in cycles(known, rules, tenant)
        if cycle.policy
        for clock in cycle.policy.clocks
    ]
    return [run for run in found if run]


def by_agreement(policies: Policies) -> list[tuple[str, Policies]]:
    """The policies of each agreement alone, the default one first."""
    names = sorted(
        {policy.agreement for policy in policies.versions}, key=lambda name: (name != "default", name)
    )
    return [
        (name, Policies([policy for policy in policies.versions if policy.agreement == name]))
        for name in names
    ]


def naive_judge(facts: Iterable[Fact], policies: Policies, tenant: str, at: int) -> list[Row]:
    """One row per level of every clock that started.

    {cycle, clock, level, started_at, due_at, stopped_at, state}; instants in ms,
    None where there is none; in the order of cycle, clock and level of the policy.
    """
    return [
        {
            "cycle": run.cycle.number,
            "clock": run.clock.name,
            "level": level.name,
            "started_at": run.started,
            "due_at": run.due(level),
            "stopped_at": run.stopped,
            "state": run.state(level, at),
        }
        for run in runs(facts, policies, tenant)
        for level in run.clock.levels
    ]


def breached_row(run: Run, level: Level, lower: Level | None) -> Row:
    d = run.due(level)
    assert d is not None
    until = d if run.stopped is None else run.stopped
    took = None if run.stopped is None else elapsed(run.started, run.stopped, run.pauses)
    return {
        "level": level.name,
        "started_at": run.started,
        "due_at": d,
        "stopped_at": run.stopped,
        "supersedes": lower.name if lower else None,
        "paused_ms": until - run.started - elapsed(run.started, until, run.pauses),
        "elapsed_ms": took,
        "overrun_ms": None if took is None else took - (level.after_ms or 0),
    }


def clock_row(run: Run, at: int) -> Row:
    breaches = [level for level in run.clock.levels if not level.warns]
    first = run.due(breaches[0]) if breaches else None
    applies = holds(run.clock.when, run.last)
    stood = [level for level in breaches if run.state(level, at) == "breached"]
    in_time = run.stopped is not None and (first is None or run.stopped <= first)
    return {
        "cycle": run.cycle.number,
        "clock": run.clock.name,
        "policy": (run.cycle.policy.id, run.cycle.policy.version) if run.cycle.policy else None,
        "started_at": run.started,
        "stopped_at": run.stopped,
        "met": run.how == "met" and applies and in_time,
        "cancelled": run.how == "cancelled" and applies,
        "reason": run.why,
        "at_risk": [level.name for level in run.clock.levels if run.state(level, at) == "at_risk"],
        "breached": [
            breached_row(run, level, lower) for lower, level in zip([None, *stood], stood, strict=False)
        ],
    }


def naive_clocks(facts: Iterable[Fact], policies: Policies, tenant: str, at: int) -> list[Row]:
    """What holds of every clock that started, as a whole.

    {cycle, clock, policy (id, version), started_at, stopped_at, met, cancelled (bools: whether sla.met or
    sla.cancelled holds), reason (the word of the fact that cancelled), at_risk [level names], breached},
    breached: {level, started_at, due_at, stopped_at, supersedes (level name), paused_ms (start to end, or to
    due while it runs), elapsed_ms, overrun_ms (both None while it runs)}.
    """
    return [clock_row(run, at) for run in runs(facts, policies, tenant)]


def naive_activity(facts: Iterable[Fact], policies: Policies, tenant: str, at: int) -> list[Row]:
    """The silences that stand at `at`.

    {clock, level, cycle, due_at (ms: latest fact + stalled_after or held_after)}.
    """
    found: list[Row] = []
    for agreement, rules in by_agreement(policies):
        told = cycles(list(facts), rules, tenant)
        if not told or not told[-1].policy:
            continue
        cycle, policy = told[-1], told[-1].policy
        latest = max(fact.time for one in told for fact in one.facts)
        mine = [run for run in map(partial(run_of, cycle), policy.clocks) if run and run.how is None]
        for level, after in (("warning", policy.stalled_after_ms), ("warning-held", policy.held_after_ms)):
            if after is None or at <= latest + after:
                continue
            there = [run for run in mine if run.applies_at(latest + after)]
            paused = [run.is_paused(latest + after) for run in there]
            if (False in paused) if level == "warning" else (paused and all(paused)):
                name = "activity" if agreement == "default" else f"activity@{agreement}"
                found.append({"clock": name, "level": level, "cycle": cycle.number, "due_at": latest + after})
    return found
