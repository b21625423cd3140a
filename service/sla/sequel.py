"""A fact that merely comes next: what it changes, without judging again what it cannot touch.

Most facts come in order, to a ticket of one cycle of which nothing has lapsed. Then the clocks that they stop
are kept, and nothing else is news. `sequel` says so where that is sure, and leaves all the rest to the judge.
"""

from collections.abc import Sequence
from typing import NamedTuple

from service.sla.announce import MET_INDEX, Told, met
from service.sla.course import EVIDENCE_ONLY, LONGEST, MOST, Leg, course
from service.sla.cycle import received
from service.sla.facts import CANCELLING, Fact, Kind
from service.sla.outlook import Outlook
from service.sla.policy import Attributes, Clock, Policies, Policy, matches
from service.sla.ticket import NEVER, Ticket

_RECEIVED = int(Kind.RECEIVED)
_PAUSING = frozenset({Kind.PAUSED, Kind.RESUMED})
# They begin cycles, cancel clocks, change attributes or undo facts: more than a fact that merely comes next.
_TURNS = CANCELLING | {Kind.REOPENED, Kind.RECLASSIFIED, Kind.VOIDED}


class _Ended(NamedTuple):
    """A clock that has stopped. Levels and facts by index."""

    clock: Clock
    soonest: int
    breach: int  # the first
    start: int
    stop: int


class _Open(NamedTuple):
    """A clock that runs. Levels and facts by index."""

    clock: Clock
    soonest: int
    start: int


class _Outline(NamedTuple):
    """The clocks of tickets to which the same kinds of facts happened."""

    ended: tuple[_Ended, ...]
    open: tuple[_Open, ...]
    started: tuple[Leg, ...]  # every clock, also one that does not apply
    is_endless: bool  # one of `open` can be stopped


def sequel(
    name: tuple[str, str],
    ticket: Ticket,
    arrived: Sequence[Fact],
    policies: Policies,
    retention: int,
    at: int,
    now: int | None,
) -> Outlook | None:
    """As `outlook`, of a ticket to which merely the next facts `arrived`; None: it has to be judged.

    What was told of it before was told by the same policies and at no later instant. `now`: the instant of
    detection, None offline. In ms.
    """
    facts = ticket.facts
    known, first = len(facts) - len(arrived), facts[0]
    if first.kind != _RECEIVED or facts[known:] != arrived or not _is_plain(facts):
        return None
    attributes = received(first)
    policy = policies.choose(name[0], attributes, first.time)
    outline = policy and _outline(policy, bytes([fact.kind for fact in facts]), attributes)
    if not policy or not outline or not _was_kept(outline.ended, facts, known, ticket.told):
        return None
    wake_at = NEVER
    for clock, soonest, start in outline.open:
        due_at = clock.due_of(soonest, facts[start].time)
        if due_at is None or due_at < at:
            return None
        if due_at < wake_at:
            wake_at = due_at
    announcements, told = [], []
    for clock, _, breach, start, stop in outline.ended:
        if stop >= known:
            story = first, facts[start], facts[stop]
            news, latest = met(name, policy, clock, breach, attributes.get("customer_id"), story, now)
            announcements.append(news)
            told.append(latest)
    forget_at = NEVER
    if not outline.is_endless:
        forget_at = max(ticket.seen_at, _last_due(outline, facts)) + retention
    return Outlook(announcements, [*ticket.told, *told] if told else [], wake_at, forget_at)


def _is_plain(facts: Sequence[Fact]) -> bool:
    """True when they happened one after the other, and none but an agent responded."""
    latest = -1
    for fact in facts:
        if fact.time <= latest or fact.data.get("by", "agent") != "agent":
            return False
        latest = fact.time
    return True


def _was_kept(ended: Sequence[_Ended], facts: Sequence[Fact], known: int, told: Sequence[Told]) -> bool:
    """True when each clock stopped in time, and of those that `known` facts stopped just that was told."""
    before = 0
    for clock, soonest, _, start, stop in ended:
        due_at = clock.due_of(soonest, facts[start].time)
        if due_at is None or facts[stop].time > due_at:
            return False
        before += stop < known
    if before != len(told):
        return False
    for latest in told:  # noqa: SIM110 (`all` with a generator takes three times as long)
        if latest.type_index != MET_INDEX:
            return False
    return True


def _last_due(outline: _Outline, facts: Sequence[Fact]) -> int:
    """The last due instant (ms) of all levels, also of clocks that do not apply; 0 when there is none."""
    dues = [due_at for clock, start, _ in outline.started for due_at in clock.dues(facts[start].time, ())]
    return max((due_at for due_at in dues if due_at is not None), default=0)


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
    ended, running = [], []
    for clock, start, stop in started:
        if paused and clock.pauses:
            return None
        if not matches(clock.when, attributes):
            continue
        if clock.soonest is None or clock.soonest_breach is None:
            return None
        if stop is None:
            running.append(_Open(clock, clock.soonest, start))
        else:
            ended.append(_Ended(clock, clock.soonest, clock.soonest_breach, start, stop))
    is_endless = any(one.clock.stop for one in running)
    return _Outline(tuple(ended), tuple(running), started, is_endless)
