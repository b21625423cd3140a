"""The timeline of a ticket: its facts, folded into cycles, and the facts that start and end each clock.

How it works. Facts are appended in fact order, see history.py. Each fact does one of two things:

* A reopening begins the next cycle, once every promised clock of the current cycle has ended.
* Any other fact belongs to the current cycle. It may start or end each clock of the policy that judges the
  cycle; a clock ends when it is stopped or cancelled. The indexes of both facts are kept.

So the start and end of a clock are decided once, when the facts are appended, and never searched again. An
appended fact cannot change a span that ended before it. That is why an evaluation after a mere append judges
only the other spans: see touched.py.

What must never happen: that a clock's start or end depends on anything but the facts before it in fact order.
"""

from collections.abc import Iterable
from typing import cast

from service.sla.facts import CANCELLING, Fact, Kind, implied_by
from service.sla.policy import Attributes, Clock, Policies, Policy, matches

_CLOSING = implied_by(Kind.RESOLVED) | CANCELLING | {Kind.CLOSED}
_RECEIPT = frozenset({"customer_id", "channel", "complexity", "priority", "category", "service", "region"})
_RECLASSIFIABLE = _RECEIPT - {"customer_id", "channel"}
_EVIDENCE_ONLY = 255  # the role of a fact that starts and ends nothing; every other role is a Kind

# Plain names are faster: Python 3.11 takes 0.2 µs for an enum member, and each fact needs several.
_RECEIVED, _RESPONSE_STARTED = int(Kind.RECEIVED), int(Kind.RESPONSE_STARTED)
_REOPENED, _RECLASSIFIED = int(Kind.REOPENED), int(Kind.RECLASSIFIED)
_PAUSING = int(Kind.PAUSED), int(Kind.RESUMED)


def received(fact: Fact) -> Attributes:
    """The attributes that the start fact of cycle 1 gives."""
    if fact.kind == _RECEIVED and "complexity" in fact.data:  # then each field of it is an attribute
        return cast("dict[str, str]", fact.data)
    return {"complexity": "general"} | _named(_RECEIPT, fact)


def _reclassified(attributes: Attributes, fact: Fact) -> Attributes:
    return {**attributes, **_named(_RECLASSIFIABLE, fact)}


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


# A clock of a cycle, and the indexes of the facts that start and end it; None: the clock has not ended.
ClockSpan = tuple[Clock, int, int | None]


class Cycle:
    """The facts of one cycle in fact order, its start fact first, and where its clocks start and end.

    `origin` (ms): the start of cycle 1; facts dated before it count as at it. `attributes`: after all facts
    so far. `is_steady`: the attributes never changed within the cycle. `was_paused`: a fact paused or resumed
    it. `first`: the number of facts of the ticket before this cycle.
    """

    __slots__ = (
        "_changes",
        "_ends",
        "_is_cancelled",
        "_is_closed",
        "_starts",
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
    ) -> None:
        self.number = number
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
        self._is_cancelled = self._is_closed = False
        self._see(0, start.kind)

    def append(self, fact: Fact) -> None:
        """Take the next fact, in fact order."""
        index = len(self.facts)
        if fact.kind in _PAUSING:
            self.was_paused = True
        elif fact.kind == _RECLASSIFIED:
            self.attributes = _reclassified(self.attributes, fact)
            self.is_steady = False
            self._changes.append((index, self.attributes))
        self.facts.append(fact)
        self._see(index, _role(fact))

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

    def is_over(self) -> bool:
        """True when a reopening right after these facts starts the next cycle."""
        ends = [
            end
            for clock, start, end in self.spans
            if clock.stop and start == 0 and matches(clock.when, self.attributes)
        ]
        return None not in ends if ends else self._is_closed


class Timeline:
    """The cycles of one ticket, each with the policy that judges it. Empty until a fact starts cycle 1."""

    __slots__ = ("_policies", "_tenant", "cycles", "length")

    def __init__(self, policies: Policies, tenant: str) -> None:
        self._policies = policies
        self._tenant = tenant
        self.cycles: list[Cycle] = []
        self.length = 0  # facts

    @classmethod
    def of(cls, facts: Iterable[Fact], policies: Policies, tenant: str) -> "Timeline":
        """The timeline of `facts`: in fact order, led by the start fact of cycle 1."""
        found = cls(policies, tenant)
        for fact in facts:
            found.append(fact)
        return found

    def append(self, fact: Fact) -> None:
        """Take the next fact, in fact order."""
        if not self.cycles:
            self._begin(fact.time, fact, received(fact))
        else:
            current = self.cycles[-1]
            if fact.kind == _REOPENED and current.is_over():
                current.followed_by = fact
                self._begin(current.origin, fact, current.attributes)
            else:
                current.append(fact)
        self.length += 1

    def _begin(self, origin: int, start: Fact, attributes: Attributes) -> None:
        instant = max(start.time, origin)
        policy = self._policies.choose(self._tenant, attributes, instant)
        self.cycles.append(Cycle(len(self.cycles) + 1, origin, start, attributes, policy, self.length))
