"""Finds the clocks of a ticket that must be judged again, and sums up its other clocks without judging.

How it works. A ticket was judged; since then facts were appended, and time went on. Neither changes a clock
that an earlier fact ended, once its end has come. A clock that runs undisturbed has no statement before its
first level lapses. A clock whose condition never held has no statement at all. All other clocks are judged:
see judge.py.

What must never happen: that a clock is left out although an announcement about it no longer holds.
"""

import msgspec

from service.sla.judge import Judgement, Run, is_beyond, run_of
from service.sla.lapse import has_lapsed
from service.sla.policy import Policies, matches
from service.sla.timeline import ClockSpan, Cycle


class Touched(msgspec.Struct, gc=False):
    """A judgement of the clocks that may have changed, and the facts known about the other clocks."""

    judgement: Judgement
    untouched: set[tuple[int, str]]  # cycle and name of each clock that was left out
    quiet_until: int | None  # the earliest instant (ms) after which a level of an untouched clock lapses
    is_endless: bool  # True: an untouched clock runs until a fact stops it


def judge_touched(cycles: list[Cycle], policies: Policies, at: int, judged_at: int, known: int) -> Touched:
    """Judge the clocks that may have changed at `at` (ms), and leave out three kinds of clocks.

    * Clocks that ended before the appended facts, and that time no longer changes.
    * Clocks that run undisturbed, and of which no level has lapsed yet.
    * Clocks that apply at no instant of their cycle.

    The first `known` facts of the cycles were judged at `judged_at` (ms), by the same policies; the later
    facts were appended since. A clock with an announcement may be left out for no other reason.
    """
    runs: list[Run] = []
    untouched: set[tuple[int, str]] = set()
    quiet_until: int | None = None
    is_endless = False
    for cycle in cycles:
        for span in cycle.spans:
            clock, _, end = span
            if clock.when and cycle.is_steady and not matches(clock.when, cycle.attributes):
                untouched.add((cycle.number, clock.name))
                continue
            if end is not None or cycle.followed_by is not None:
                if _is_final(cycle, span, judged_at, known):
                    untouched.add((cycle.number, clock.name))
                    continue
            elif (lapses_at := _quiet_until(cycle, span, at)) is not None:
                untouched.add((cycle.number, clock.name))
                is_endless = is_endless or bool(clock.stop)
                if quiet_until is None or lapses_at < quiet_until:
                    quiet_until = lapses_at
                continue
            runs.append(run_of(cycle, span, at))
    return Touched(Judgement(cycles, runs, policies.agreement_of), untouched, quiet_until, is_endless)


def _quiet_until(cycle: Cycle, span: ClockSpan, at: int) -> int | None:
    """The instant (ms) after which the first level of an undisturbed clock lapses.

    Undisturbed means not paused, not changed and not ended. None: the clock has to be judged.
    """
    clock, start, _ = span
    assert cycle.policy is not None
    if (
        clock.soonest is None
        or not cycle.is_steady
        or (clock.pauses and cycle.was_paused)
        or cycle.policy.stalled_after_ms is not None
        or cycle.policy.held_after_ms is not None
    ):
        return None
    due_at = clock.due_of(clock.soonest, cycle.instant(cycle.facts[start]))
    return None if due_at is None or has_lapsed(due_at, at) else due_at


def _is_final(cycle: Cycle, span: ClockSpan, judged_at: int, known: int) -> bool:
    """True when one of the first `known` facts ended a clock, and time no longer changes its levels.

    A level that had lapsed by `judged_at` (ms) stays lapsed. But an end may be dated ahead: then a level may
    still lapse before it, unless the end is in time for all levels.
    """
    clock, start, end = span
    if end is None:
        fact, index = cycle.followed_by, len(cycle.facts)
    else:
        fact, index = cycle.facts[end], end
    if fact is None or cycle.first + index >= known:
        return False
    ended_at = cycle.instant(fact)
    if is_beyond(clock.calendar, ended_at):
        return False
    return ended_at <= judged_at or ended_at <= cycle.instant(cycle.facts[start]) + clock.shortest
