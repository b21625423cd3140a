"""Which clocks of a ticket have to be judged again, and what is known of the others without.

How it works. A ticket was judged; since then facts were appended, and time went on. Neither changes a clock
that one of the earlier facts ended, once its end has come. And of a clock that runs undisturbed nothing is
true before its first level lapses. Of a clock whose condition never held nothing is true at all. All other
clocks are judged: see judge.py.

What must never happen: that a clock is left out of which something was announced that no longer holds.
"""

import msgspec

from service.sla.judge import Judgement, Run, is_beyond, run_of
from service.sla.lapse import has_lapsed
from service.sla.policy import matches
from service.sla.timeline import ClockSpan, Cycle, Timeline


class Touched(msgspec.Struct, gc=False):
    """A judgement of the clocks of which something can be new, and what is known of the others."""

    judgement: Judgement
    untouched: set[tuple[int, str]]  # cycle and name of the clocks that were left out
    quiet_until: int | None  # the earliest instant (ms) after which a level of one of them lapses
    is_endless: bool  # one of them runs until something stops it


def judge_touched(timeline: Timeline, at: int, judged_at: int, known: int) -> Touched:
    """Judge the clocks of which something can be new at `at` (ms), and leave out some clocks.

    * those that ended before the facts that were appended, and that time does not change any more,
    * those that run undisturbed, and of which no level has lapsed yet,
    * those that apply at no instant of their cycle.

    The first `known` facts of the timeline were judged at `judged_at` (ms), by the same policies; all others
    were appended since. Nothing of what was announced by then may be left out for any other reason.
    """
    runs: list[Run] = []
    untouched: set[tuple[int, str]] = set()
    quiet_until: int | None = None
    is_endless = False
    for cycle in timeline.cycles:
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
    return Touched(Judgement(timeline.cycles, runs), untouched, quiet_until, is_endless)


def _quiet_until(cycle: Cycle, span: ClockSpan, at: int) -> int | None:
    """The instant (ms) after which the first level lapses of a clock that nothing paused, changed or ended.

    None: more has to be known of it.
    """
    clock, start, _ = span
    assert cycle.policy is not None
    if (
        clock.soonest is None
        or not cycle.is_steady
        or (clock.pauses and cycle.was_paused)
        or cycle.policy.stalled_after_ms is not None
    ):
        return None
    due_at = clock.due_of(clock.soonest, cycle.instant(cycle.facts[start]))
    return None if due_at is None or has_lapsed(due_at, at) else due_at


def _is_final(cycle: Cycle, span: ClockSpan, judged_at: int, known: int) -> bool:
    """True when one of the first `known` facts ended a clock, and time changes nothing more of it.

    What had lapsed by `judged_at` (ms), has lapsed. But an end may be dated ahead: then a level may lapse
    before it, unless the end was in time for all of them.
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
