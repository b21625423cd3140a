"""The timeline of a ticket: its facts, folded into cycles, and the facts that start and end each clock.

Each agreement has a timeline of its own, as if there were no other.

How it works. Facts are appended in fact order, see history.py. Each fact does one of two things:

* A reopening begins the next cycle, once every promised clock of the current cycle has ended. Promised are
  the clocks that began with the cycle, can be stopped, and applied at any instant of the cycle so far.
* Any other fact belongs to the current cycle. It may start or end each clock of the policy that judges the
  cycle; a clock ends when it is stopped or cancelled. The indexes of both facts are kept.

So the start and end of a clock are decided once, when the facts are appended, and never searched again. An
appended fact cannot change a span that ended before it. That is why an evaluation after a mere append judges
only the other spans: see touched.py.

What must never happen: that a clock's start or end depends on anything but the facts before it in fact order.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import cast

from service.sla.facts import CANCELLING, Fact, Kind, implied_by
from service.sla.history import order
from service.sla.policy import (
    DEFAULT_AGREEMENT,
    Attributes,
    Clock,
    Match,
    Policies,
    Policy,
    matches,
)

_CLOSING = implied_by(Kind.RESOLVED) | CANCELLING | {Kind.CLOSED}
_RECEIPT = frozenset(
    {"customer_id", "channel", "complexity", "priority", "category", "service", "region", "team"}
)
_UNSAID = {"complexity": "general"}  # of a ticket whose start fact does not say it
# The attributes that a fact changes from its instant on, by kind.
_CHANGED_BY = {
    int(Kind.RECLASSIFIED): frozenset({"complexity", "priority", "category", "service", "region"}),
    int(Kind.REASSIGNED): frozenset({"team"}),
}
_EVIDENCE_ONLY = 255  # the role of a fact that starts and ends nothing; every other role is a Kind

# Plain names are faster: Python 3.11 takes 0.2 µs for an enum member, and each fact needs several.
_RECEIVED, _RESPONSE_STARTED = int(Kind.RECEIVED), int(Kind.RESPONSE_STARTED)
_REOPENED = int(Kind.REOPENED)
_PAUSING = int(Kind.PAUSED), int(Kind.RESUMED)


def received(fact: Fact) -> Attributes:
    """The attributes that the start fact of the first cycle gives."""
    if fact.kind == _RECEIVED and "complexity" in fact.data:  # then each field of it is an attribute
        return cast("dict[str, str]", fact.data)
    return _UNSAID | _named(_RECEIPT, fact)


def changes_attributes(fact: Fact) -> bool:
    """True for a fact that may change attributes: a reclassification, and a reassignment to a team."""
    names = _CHANGED_BY.get(fact.kind)
    return names is not None and not names.isdisjoint(fact.data)


def _after(attributes: Attributes, fact: Fact) -> Attributes:
    return {**attributes, **_named(_CHANGED_BY.get(fact.kind, frozenset()), fact)}


def _named(names: frozenset[str], fact: Fact) -> dict[str, str]:
    return {name: str(value) for name, value in fact.data.items() if name in names}


def _role(fact: Fact) -> int:
    """The kind that a fact counts as when it does not start its cycle."""
    kind = fact.kind
    if kind in (_RECEIVED, _REOPENED):
        return _EVIDENCE_ONLY
    if kind == _RESPONSE_STARTED and fact.data.get("by", "agent") != "agent":
        return _EVIDENCE_ONLY
    return kind


Stretch = tuple[int, int | None]  # [from, until) in ms; None: no end

# A clock of a cycle, and the indexes of the facts that start and end it; None: the clock has not ended.
ClockSpan = tuple[Clock, int, int | None]


class Cycle:
    """The facts of one cycle in fact order, its start fact first, and where its clocks start and end.

    `number`: see cycles_of. `origin` (ms): the start of the first cycle; facts dated before it
    count as at it. `attributes`: after all facts so far. `is_steady`: the attributes never changed within the
    cycle. `was_paused`: a fact paused or resumed it. `first`: the number of facts of the ticket before it.
    """

    __slots__ = (
        "_applied",
        "_changes",
        "_ends",
        "_is_cancelled",
        "_is_closed",
        "_starts",
        "agreement",
        "attributes",
        "facts",
        "first",
        "followed_by",
        "is_steady",
        "number",
        "origin",
        "policy",
        "was_paused",
    )

    def __init__(
        self,
        number: int,
        origin: int,
        start: Fact,
        attributes: Attributes,
        policy: Policy | None = None,
        first: int = 0,
        agreement: str = DEFAULT_AGREEMENT,
    ) -> None:
        self.number = number
        self.agreement = agreement
        self.facts = [start]
        self.policy = policy
        self.first = first
        self.followed_by: Fact | None = None  # the start fact of the next cycle
        self.origin = origin
        self.attributes = attributes
        self.is_steady = True
        self.was_paused = start.kind in _PAUSING
        self._changes = [(0, attributes)]  # (index of a fact, the attributes from it on), ascending
        self._starts = [*policy.from_receipt] if policy else []  # by clock: indexes of facts
        self._ends: list[int | None] = [None] * len(self._starts)
        # By clock: True when its `when` held at an instant before the latest change of attributes.
        self._applied = [False] * len(self._starts)
        self._is_cancelled = self._is_closed = False
        self._see(0, start.kind)

    def append(self, fact: Fact) -> None:
        """Take the next fact, in fact order."""
        index = len(self.facts)
        if fact.kind in _PAUSING:
            self.was_paused = True
        elif changes_attributes(fact):
            self._note_applied(self.instant(fact))
            self.attributes = _after(self.attributes, fact)
            self.is_steady = False
            self._changes.append((index, self.attributes))
        self.facts.append(fact)
        self._see(index, _role(fact))

    def _note_applied(self, until: int) -> None:
        """Note the clocks that apply by the latest attributes, unless these change in their own instant.

        Done at each change, so that a reopening need not search all changes before it.
        """
        latest, _ = self._changes[-1]
        if self.policy is not None and self.instant(self.facts[latest]) != until:
            for number, clock in enumerate(self.policy.clocks):
                if not self._applied[number]:
                    self._applied[number] = matches(clock.when, self.attributes)

    def _see(self, index: int, role: int) -> None:
        """Note the clocks that the fact at `index` starts and ends; `role`: the kind it counts as."""
        policy, starts, ends = self.policy, self._starts, self._ends
        if policy is not None and role in policy.reacting:
            for number in policy.reacting[role]:
                clock = policy.clocks[number]
                if starts[number] is None and role in clock.starts and not self._is_cancelled:
                    starts[number] = index
                if ends[number] is None and role in clock.ends and starts[number] is not None:
                    ends[number] = index
        if role in _CLOSING:
            self._is_closed = True
            self._is_cancelled = self._is_cancelled or role in CANCELLING

    @property
    def spans(self) -> list[ClockSpan]:
        """The spans of the clocks that started, in the order of the policy."""
        if self.policy is None:
            return []
        found = zip(self.policy.clocks, self._starts, self._ends, strict=True)
        return [(clock, start, end) for clock, start, end in found if start is not None]

    def instant(self, fact: Fact) -> int:
        """The instant (ms) at which `fact` counts: its time, but not before `origin`."""
        time, origin = fact.time, self.origin
        return time if time > origin else origin  # noqa: FURB136 (`max` takes three times as long)

    @property
    def started_at(self) -> int:
        """The instant of the start fact, in ms."""
        return self.instant(self.facts[0])

    def attributes_before(self, index: int) -> Attributes:
        """The attributes after the facts before `index`, in fact order; at least the start fact's."""
        return next(after for at, after in reversed(self._changes) if at < index or at == 0)

    def attributes_at(self, instant: int) -> Attributes:
        """The attributes at `instant` (ms), reclassifications at it included; at least the start fact's."""
        return next(
            after
            for at, after in reversed(self._changes)
            if at == 0 or self.instant(self.facts[at]) <= instant
        )

    def holding(self, when: Match, before: int | None = None) -> list[Stretch]:
        """The stretches of time in which `when` holds, by the facts before the index `before`; None: by all.

        What several facts of one instant change counts as the last of them leaves it.
        """
        found: list[Stretch] = []
        changes = [
            change for change in self._changes if before is None or change[0] < before or not change[0]
        ]
        for number, (index, attributes) in enumerate(changes):
            since = self.instant(self.facts[index])
            until = None
            if number + 1 < len(changes):
                until = self.instant(self.facts[changes[number + 1][0]])
            if since != until and matches(when, attributes):
                found.append((since, until))
        return found

    def is_over(self) -> bool:
        """True when a reopening right after these facts starts the next cycle."""
        if self.policy is None:
            return self._is_closed
        known = zip(self.policy.clocks, self._starts, self._ends, self._applied, strict=True)
        promised = [
            end
            for clock, start, end, applied in known
            if clock.stop and start == 0 and (applied or matches(clock.when, self.attributes))
        ]
        return None not in promised if promised else self._is_closed


def cycles_of(facts: Sequence[Fact], policies: Policies, tenant: str) -> list[Cycle]:
    """The cycles of `facts` under each agreement, each with the policy that judges it.

    `facts`: in fact order, led by the start fact of the first cycle. Cycles are numbered from 1. But where a
    reopening starts the first one, earlier cycles may have been forgotten: then its number is its instant in
    ms, so that no cycle takes the name of a forgotten one.
    """
    if not facts:
        return []
    return [
        cycle for agreement in policies.agreements for cycle in _cycles(facts, policies, tenant, agreement)
    ]


def _cycles(facts: Sequence[Fact], policies: Policies, tenant: str, agreement: str) -> Iterator[Cycle]:
    start = facts[0]
    origin, number, attributes, early = start.time, 1, received(start), 0
    if start.kind == _REOPENED:
        number = origin
        # Of the facts before such a reopening, only the attributes count, as far as it does not name them.
        early = sum(1 for _ in takewhile(lambda fact: order(fact) < order(start), facts[1:]))
        attributes = _UNSAID
        for fact in facts[1 : 1 + early]:
            attributes = _after(attributes, fact)
        attributes = {**attributes, **_named(_RECEIPT, start)}

    def begun(number: int, start: Fact, attributes: Attributes, first: int) -> Cycle:
        policy = policies.choose(tenant, attributes, max(start.time, origin), agreement)
        return Cycle(number, origin, start, attributes, policy, first, agreement)

    current = begun(number, start, attributes, 0)
    for index, fact in enumerate(facts[1:], 1):
        if index <= early:
            current.facts.append(fact)
        elif fact.kind == _REOPENED and current.is_over():
            current.followed_by = fact
            yield current
            current = begun(current.number + 1, fact, current.attributes, index)
        else:
            current.append(fact)
    yield current
