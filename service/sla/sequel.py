"""A ticket whose story merely goes on: what is news of it, without judging what cannot have changed.

Most facts come in order, to a ticket of one cycle. Then the clocks that they stop in time are kept, the
levels whose time is up have lapsed, and nothing else is news. `sequel` says so where that is sure, and leaves
all the rest to the judge.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from service.sla.announcement import Type
from service.sla.changes import FIRST_NEWS, Fresh, Told, first_news, first_told
from service.sla.course import EVIDENCE_ONLY, LONGEST, MOST, Leg, course
from service.sla.cycle import received
from service.sla.facts import CANCELLING, Fact, Kind
from service.sla.judge import AT_RISK, BREACHED, MET, has_lapsed
from service.sla.outlook import Outlook
from service.sla.policy import Attributes, Clock, Policies, Policy, matches
from service.sla.state import NEVER, Ticket

_kind = attrgetter("kind")
_RECEIVED, _RESPONSE_STARTED = int(Kind.RECEIVED), int(Kind.RESPONSE_STARTED)
_PAUSING = frozenset({Kind.PAUSED, Kind.RESUMED})
# They begin cycles, cancel clocks, change attributes or undo facts: more than a fact that merely comes next.
_TURNS = CANCELLING | {Kind.REOPENED, Kind.RECLASSIFIED, Kind.VOIDED}
_MET, _BREACHED, _AT_RISK = Type.MET, Type.BREACHED, Type.AT_RISK  # see judge: names are quick


class _Promise(NamedTuple):
    """A clock that started and applies. Levels and facts by index."""

    clock: Clock
    soonest: int
    breach: int  # the first
    start: int
    stop: int | None


class _Outline(NamedTuple):
    """The clocks of tickets to which the same kinds of facts happened."""

    promises: tuple[_Promise, ...]  # in the order of the policy
    started: tuple[Leg, ...]  # every clock, also one that does not apply
    is_endless: bool  # one runs that can be stopped


class _Lapses(NamedTuple):
    """Of the levels of one clock that runs."""

    fresh: list[Fresh]
    told: list[tuple[str, str]]  # clock and level of those that had been told
    next_at: int  # when the next one lapses (ms), or NEVER


def sequel(
    name: tuple[str, str],
    ticket: Ticket,
    arrived: Sequence[Fact],
    policies: Policies,
    retention: int,
    at: int,
    now: int | None,
    grace: int,
) -> Outlook | None:
    """As `outlook`, of a ticket to which merely the next facts `arrived`, or none; None: it has to be judged.

    What was told of it before was told by the same policies and at no later instant. `now`: the instant of
    detection; None offline, where nothing is remembered. In ms.
    """
    facts, told = ticket.facts, ticket.told
    known, first = len(facts) - len(arrived), facts[0]
    if first.kind != _RECEIVED or facts[known:] != arrived or not _is_plain(facts):
        return None
    attributes = received(first)
    policy = policies.choose(name[0], attributes, first.time)
    outline = policy and _outline(policy, bytes(map(_kind, facts)), attributes)
    looked = policy and outline and _look(outline, facts, known, told, at)
    if not policy or not outline or not looked:
        return None
    found, wake_at = looked
    forget_at = NEVER
    if not outline.is_endless:
        # Also of clocks that do not apply.
        last = max([clock.last_due(facts[start].time) for clock, start, _ in outline.started], default=0)
        forget_at = max(ticket.seen_at, last) + retention
    if not found:
        return Outlook([], [], wake_at, forget_at)
    customer_id = attributes.get("customer_id")
    news = [first_news(name, customer_id, policy, fresh, now, grace) for fresh in found]
    if now is None:  # nobody will look at it again
        return Outlook(news, [], wake_at, forget_at)
    latest = [first_told(one, policy, fresh.supersedes) for one, fresh in zip(news, found, strict=True)]
    return Outlook(news, [*told, *latest], wake_at, forget_at)


def _look(
    outline: _Outline, facts: Sequence[Fact], known: int, told: Sequence[Told], at: int
) -> tuple[list[Fresh], int] | None:
    """What is news at `at`, and when the next level lapses (ms, or NEVER).

    None where a clock ended late, or something was told that no longer holds.
    """
    found: list[Fresh] = []
    standing: list[tuple[str, str | None]] = []  # clock and level of what should have been told
    wake_at = NEVER
    for clock, soonest, breach, start, stop in outline.promises:
        due_at = clock.due_of(soonest, facts[start].time)
        if due_at is None or (stop is not None and has_lapsed(due_at, facts[stop].time)):
            return None
        if stop is None:
            if has_lapsed(due_at, at):
                lapses = _lapses(clock, facts, start, told if start < known else (), at)
                found += lapses.fresh
                standing += lapses.told
                due_at = lapses.next_at
            if due_at < wake_at:
                wake_at = due_at
        elif stop < known:
            standing.append((clock.name, None))
        else:
            found.append(_met(clock, breach, facts, start, stop))
    return (found, wake_at) if _stands(told, standing) else None


def _is_plain(facts: Sequence[Fact]) -> bool:
    """True when they happened one after the other, and none but an agent responded."""
    latest = -1
    for fact in facts:
        time = fact.time
        if time <= latest or (fact.kind == _RESPONSE_STARTED and fact.data.get("by", "agent") != "agent"):
            return False
        latest = time
    return True


def _met(clock: Clock, breach: int, facts: Sequence[Fact], start: int, stop: int) -> Fresh:
    began, end = facts[start], facts[stop]
    evidence = (facts[0], end) if start in (0, stop) else (facts[0], began, end)
    due_at = clock.due_of(breach, began.time)
    return Fresh(_MET, MET, clock, None, None, began.time, due_at, end.time, evidence)


def _lapses(clock: Clock, facts: Sequence[Fact], start: int, told: Sequence[Told], at: int) -> _Lapses:
    began = facts[start]
    evidence = (facts[0], began) if start else (began,)
    before = [latest.level for latest in told if latest.clock == clock.name]
    levels = zip(clock.levels, clock.dues(began.time, ()), strict=True)
    dated = [(level, due_at) for level, due_at in levels if due_at is not None]
    lapsed = [(level, due_at) for level, due_at in dated if has_lapsed(due_at, at)]
    is_broken = not all(level.warns for level, _ in lapsed)
    fresh: list[Fresh] = []
    lower = None
    for level, due_at in lapsed:
        name = level.name
        if level.warns:
            if name not in before and not is_broken:  # a warning is for a promise that can still be kept
                fresh.append(Fresh(_AT_RISK, AT_RISK, clock, name, None, began.time, due_at, None, evidence))
            continue
        if name not in before:
            fresh.append(Fresh(_BREACHED, BREACHED, clock, name, lower, began.time, due_at, None, evidence))
        lower = name
    next_at = min([NEVER, *(due_at for _, due_at in dated if not has_lapsed(due_at, at))])
    return _Lapses(fresh, [(clock.name, level.name) for level, _ in lapsed if level.name in before], next_at)


def _stands(told: Sequence[Told], standing: Sequence[tuple[str, str | None]]) -> bool:
    """True when just that was told, for the first time and neither taken back nor settled since."""
    if len(told) != len(standing):
        return False
    for latest in told:
        if latest.type_index not in FIRST_NEWS or (latest.clock, latest.level) not in standing:
            return False
    return True


def _outline(policy: Policy, kinds: bytes, attributes: Attributes) -> _Outline | None:
    """As `_drawn`, remembered."""
    shape = (kinds, *[attributes.get(name) for name in policy.asked])
    if shape in policy.outlines:
        known: _Outline | None = policy.outlines[shape]
        return known
    drawn = _drawn(policy, kinds, attributes)
    if len(kinds) <= LONGEST and len(policy.outlines) < MOST:
        policy.outlines[shape] = drawn
    return drawn


def _drawn(policy: Policy, kinds: bytes, attributes: Attributes) -> _Outline | None:
    """None: whatever the instants, such a ticket is for the judge."""
    if policy.stalled_after_ms is not None or not _TURNS.isdisjoint(kinds):
        return None
    # Only the first receipt plays a part.
    roles = kinds[:1] + kinds[1:].replace(bytes((_RECEIVED,)), bytes((EVIDENCE_ONLY,)))
    started = course(policy, roles)
    paused = not _PAUSING.isdisjoint(kinds)
    promises = []
    for clock, start, stop in started:
        if paused and clock.pauses:
            return None
        if not matches(clock.when, attributes):
            continue
        if clock.soonest is None or clock.soonest_breach is None:
            return None
        promises.append(_Promise(clock, clock.soonest, clock.soonest_breach, start, stop))
    is_endless = any(one.clock.stop and one.stop is None for one in promises)
    return _Outline(tuple(promises), started, is_endless)
