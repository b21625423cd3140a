"""Which facts count, in what order, and which cycle each belongs to: the slow and obvious way."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.sla.facts import Fact, Kind
from service.sla.policy import Attributes, Clock, Match, Policies, Policy

MILESTONES = (
    Kind.RESPONSE_STARTED,
    Kind.PRELIMINARY_SOLUTION_PROVIDED,
    Kind.RESOLVED,
    Kind.FEEDBACK_DELIVERED,
)
CLASSES = ("complexity", "priority", "category", "service", "region")
ATTRIBUTES = ("customer_id", "channel", *CLASSES, "team")
LEAVING = (Kind.WITHDRAWN, Kind.MERGED)


@dataclass
class Cycle:
    """One round of a ticket. `facts[0]` began it; `reopened` is the fact that began the next one."""

    number: int
    floor: int  # ms: nothing of this ticket counts as earlier than its first start fact
    carried: dict[str, str]  # attributes brought along from the cycle before
    policy: Policy | None
    facts: list[Fact] = field(default_factory=list)
    reopened: Fact | None = None
    first: bool = False  # the first one of the ticket
    earlier: list[Fact] = field(default_factory=list)  # facts before the reopening that began it all

    def instant(self, fact: Fact) -> int:
        """When the fact counts, in ms."""
        return max(fact.time, self.floor)

    @property
    def start(self) -> int:
        """When the cycle began, in ms."""
        return self.instant(self.facts[0])


def canonical(fact: Fact) -> bytes:
    return json.dumps(fact.data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def counted(facts: Sequence[Fact]) -> list[Fact]:
    """One fact for each identity, without those that were voided."""
    chosen = []
    for source, name in {(fact.source, fact.id) for fact in facts}:
        same = [fact for fact in facts if fact.source == source and fact.id == name]
        chosen.append(min(same, key=lambda fact: (fact.time, fact.kind, canonical(fact))))

    def is_voided(fact: Fact) -> bool:
        return fact.kind != Kind.VOIDED and any(
            other.kind == Kind.VOIDED
            and other.data.get("event_id") == fact.id
            and other.data.get("event_source", other.source) == fact.source
            for other in chosen
        )

    return [fact for fact in chosen if not is_voided(fact)]


def by_order(fact: Fact) -> tuple[int, int, str, str]:
    return fact.time, fact.kind, fact.source, fact.id


def ordered(facts: Sequence[Fact]) -> list[Fact]:
    """The counted facts in fact order, the one that starts it all first; empty when nothing does."""
    line = sorted(counted(facts), key=by_order)
    for kind in (Kind.RECEIVED, Kind.REFUSED, Kind.REOPENED):
        for fact in line:
            if fact.kind == kind:
                return [fact, *[other for other in line if other is not fact]]
    return []


def holds(match: Match, attributes: Attributes) -> bool:
    return not [key for key, values in match if attributes.get(key) not in values]


def attributes_after(cycle: Cycle, facts: Sequence[Fact]) -> dict[str, str]:
    """What is known of the ticket after `facts`, the first ones of the cycle."""
    known = {"complexity": "general"} if cycle.first else dict(cycle.carried)
    later = [fact for fact in facts if fact not in cycle.earlier]
    for fact in [*cycle.earlier, *later]:
        told: tuple[str, ...] = ()
        if cycle.first and fact is cycle.facts[0]:
            told = ATTRIBUTES
        elif fact.kind == Kind.RECLASSIFIED:
            told = CLASSES
        elif fact.kind == Kind.REASSIGNED:
            told = ("team",)
        known |= {key: str(fact.data[key]) for key in told if fact.data.get(key) is not None}
    return known


def attributes_at(cycle: Cycle, facts: Sequence[Fact], instant: int) -> dict[str, str]:
    """What is known at an instant by `facts`, the first ones of the cycle, after all of them up to it."""
    first, *others = facts
    return attributes_after(cycle, [first, *[fact for fact in others if cycle.instant(fact) <= instant]])


def counts_as(cycle: Cycle, index: int) -> set[Kind]:
    """The kinds that a fact of the cycle is, for starts and stops."""
    fact, begin = cycle.facts[index], cycle.facts[0]
    if index == 0:
        return {Kind.RECEIVED, Kind(fact.kind)}
    if cycle.first and begin.kind == Kind.REOPENED and by_order(fact) < by_order(begin):
        return set()
    if fact.kind in (Kind.RECEIVED, Kind.REOPENED):
        return set()
    if fact.kind == Kind.RESPONSE_STARTED and fact.data.get("by", "agent") != "agent":
        return set()
    if fact.kind in MILESTONES:
        return {kind for kind in MILESTONES if kind <= fact.kind}
    return {Kind(fact.kind)}


def started_by(cycle: Cycle, clock: Clock) -> int | None:
    """The index of the fact that starts the clock in the cycle, or None."""
    for index, fact in enumerate(cycle.facts):
        if clock.start in counts_as(cycle, index):
            return index
        if Kind(fact.kind) in counts_as(cycle, index) and fact.kind in LEAVING:
            return None
    return None


def ended_by(cycle: Cycle, clock: Clock) -> tuple[int, str] | None:
    """The index of the fact that ends the started clock, and `met` or `cancelled`.

    The index is one past the cycle's facts when the next cycle's start fact ends it.
    """
    begin = started_by(cycle, clock)
    for index, fact in enumerate(cycle.facts):
        if begin is None or index < begin:
            continue
        if counts_as(cycle, index) & clock.stop:
            return index, "met"
        if Kind(fact.kind) in counts_as(cycle, index) and fact.kind in LEAVING:
            return index, "cancelled"
    return (len(cycle.facts), "cancelled") if cycle.reopened else None


def choose(policies: Policies, tenant: str, attributes: Attributes, start: int) -> Policy | None:
    """The policy of a cycle: the highest version of each id in force, then the pickiest that matches."""
    fitting = []
    for policy in policies.versions:
        rivals = [
            other for other in policies.versions if other.id == policy.id and other.effective_from <= start
        ]
        if (
            policy in rivals
            and policy.version == max(other.version for other in rivals)
            and holds(policy.match, {**attributes, "tenant": tenant})
        ):
            fitting.append(policy)
    return max(fitting, key=lambda policy: len(policy.match), default=None)


def may_reopen(cycle: Cycle) -> bool:
    """True when a `reopened` right after the facts of the cycle so far starts the next one."""
    known = [attributes_at(cycle, cycle.facts, instant) for instant in {*map(cycle.instant, cycle.facts)}]
    waiting = [
        clock
        for clock in (cycle.policy.clocks if cycle.policy else ())
        if started_by(cycle, clock) == 0
        and clock.stop
        and any(holds(clock.when, attributes) for attributes in known)
    ]
    if waiting:
        return all(ended_by(cycle, clock) for clock in waiting)
    done = {Kind.RESOLVED, Kind.CLOSED, Kind.WITHDRAWN, Kind.MERGED}
    return any(counts_as(cycle, index) & done for index in range(len(cycle.facts)))


def cycles(facts: Sequence[Fact], policies: Policies, tenant: str) -> list[Cycle]:
    """All cycles of a ticket, in order."""
    told: list[Cycle] = []
    for fact in ordered(facts):
        if told and not (fact.kind == Kind.REOPENED and may_reopen(told[-1])):
            told[-1].facts.append(fact)
            continue
        carried = attributes_after(told[-1], told[-1].facts) if told else {}
        if told:
            told[-1].reopened = fact
        floor = told[0].floor if told else fact.time
        number = told[-1].number + 1 if told else fact.time if fact.kind == Kind.REOPENED else 1
        cycle = Cycle(number, floor, carried, None, [fact], first=not told)
        if not told and fact.kind == Kind.REOPENED:
            cycle.earlier = [other for other in ordered(facts) if by_order(other) < by_order(fact)]
        cycle.policy = choose(policies, tenant, attributes_after(cycle, [fact]), cycle.start)
        told.append(cycle)
    return told
