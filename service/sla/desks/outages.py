"""Judges the outages of a support desk like tickets: each outage is a cycle, in which its clock runs.

An outage of a clock is a stretch with fewer open channels than the clock asks for. The number of its cycle is
its first instant (ms), so each evaluation gives the same outage the same breach ids.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from service.sla.desks.channel import Open
from service.sla.desks.desk import Desk
from service.sla.facts import Fact, Sign
from service.sla.history import order
from service.sla.judge import END_OF_TIME, STOPPED, Judgement, Run, is_beyond, judge_levels
from service.sla.policy import Clock, InForce, Policy
from service.sla.timeline import Cycle

# Stands for the start fact of an outage before the desk's first sign; it never counts as evidence.
_SILENCE = Fact(0, Sign.CLOSED, "", "", {}, 0, -1, -1)


_INSTANT = itemgetter(0)


class Outage(NamedTuple):
    """A stretch [since, until) in ms with too few open channels; `until` None: it has not ended."""

    since: int
    until: int | None
    first: Fact | None  # the last sign of the channel whose closing began the outage
    last: Fact | None  # the sign that ended it


def judge_desk(desk: Desk, policies: Iterable[InForce], at: int) -> Judgement:
    """Judge a desk at `at` (ms), by its signs and by the policies that name it."""
    judgement = Judgement([], [])
    # By clock: when its latest outage ended. A later policy version does not cut an outage in two.
    known_to: dict[str, int] = {}
    for policy, since, until in policies:
        opens = desk.stretches(policy.heartbeat_timeout_ms)
        for clock in policy.clocks:
            begin = max(since, known_to.get(clock.name, since))
            for outage in _of_clock(desk, clock, opens, InForce(policy, begin, until)):
                run = _run(policy, clock, outage, at)
                judgement.cycles.append(run.cycle)
                judgement.runs.append(run)
                known_to[clock.name] = END_OF_TIME if outage.until is None else outage.until
    return judgement


def out_at(judgement: Judgement, instant: int) -> dict[str, int]:
    """By clock: the start of the outage that began before `instant` (ms) and lasts at it."""
    return {
        run.clock.name: run.started_at
        for run in judgement.runs
        if run.started_at < instant and run.outlasts(instant)
    }


def _of_clock(desk: Desk, clock: Clock, opens: Sequence[Open], term: InForce) -> Iterator[Outage]:
    """The outages that begin while the policy is in force, as far back as the desk's horizon."""
    _, since, until = term
    begun = desk.out.get(clock.name)
    carried = begun is not None and since <= begun and (until is None or begun < until)
    for outage in outages(opens, clock.min_open, max(since, desk.horizon)):
        if carried and begun is not None and outage.since == desk.horizon:
            yield outage._replace(since=begun)
        elif outage.since < (END_OF_TIME if until is None else until):
            yield outage


def outages(opens: Sequence[Open], min_open: int, begin: int) -> Iterator[Outage]:
    """The outages from `begin` (ms) on, by the open stretches of all channels. The last one never ends."""
    edges = [(one.since, 1, one.first) for one in opens] + [(one.until, -1, one.last) for one in opens]
    count, out, since, first = 0, True, begin, None
    for instant, changes in groupby(sorted(edges, key=_INSTANT), key=_INSTANT):
        at_once = list(changes)  # all changes at one instant take effect together
        count += sum(change for _, change, _ in at_once)
        if out is (count < min_open):
            continue
        out = not out
        sign = min((sign for _, change, sign in at_once if (change < 0) is out), key=order)
        if out:
            since, first = max(instant, begin), sign
        elif since < instant:
            yield Outage(since, instant, first, sign)
    yield Outage(since, None, first, None)


def _run(policy: Policy, clock: Clock, outage: Outage, at: int) -> Run:
    end_beyond = None
    if outage.until is not None and is_beyond(clock.calendar, outage.until):
        end_beyond = outage.last
        outage = outage._replace(until=None, last=None)  # see run_of in judge.py: its length is not known
    cycle = Cycle(outage.since, outage.since, outage.first or _SILENCE, {})
    cycle.policy = policy
    run = Run(
        cycle,
        policy,
        clock,
        outage.first or _SILENCE,
        outage.since,
        outage.last,
        outage.until,
        None if outage.until is None else STOPPED,
        True,
        [],
        clock.dues(outage.since, ()),
        [],
        None,
        tuple(fact for fact in (outage.first, outage.last) if fact),
        end_beyond=end_beyond,
    )
    judge_levels(run, at)
    return run
