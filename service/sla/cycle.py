"""One round of a ticket's life, from its start fact to the next reopening that counts."""

from collections.abc import Sequence
from typing import cast

from service.sla.course import EVIDENCE_ONLY, end_of, first, start_of
from service.sla.facts import CANCELLING, Fact, Kind, implied_by
from service.sla.policy import Attributes, Policies, Policy, matches

_CLOSING = implied_by(Kind.RESOLVED) | CANCELLING | {Kind.CLOSED}
_RECEIPT = frozenset({"customer_id", "channel", "complexity", "priority", "category", "service", "region"})
_RECLASSIFIABLE = _RECEIPT - {"customer_id", "channel"}

# Python 3.11 looks a member up through its enum in 0.2 µs, a name in no time; every fact is asked these.
_RECEIVED, _RESPONSE_STARTED = int(Kind.RECEIVED), int(Kind.RESPONSE_STARTED)
_REOPENED, _RECLASSIFIED = int(Kind.REOPENED), int(Kind.RECLASSIFIED)


def received(fact: Fact) -> Attributes:
    """The attributes by the start fact of cycle 1."""
    if fact.kind == _RECEIVED and "complexity" in fact.data:  # all that it says is an attribute
        return cast("dict[str, str]", fact.data)
    return {"complexity": "general"} | _named(_RECEIPT, fact)


def _reclassified(attributes: Attributes, fact: Fact) -> Attributes:
    return {**attributes, **_named(_RECLASSIFIABLE, fact)}


def _named(names: frozenset[str], fact: Fact) -> dict[str, str]:
    return {name: str(value) for name, value in fact.data.items() if name in names}


def _role(fact: Fact) -> int:
    """The kind a fact counts as when it is not the start of its cycle."""
    kind = fact.kind
    if kind in (_RECEIVED, _REOPENED):
        return EVIDENCE_ONLY
    if kind == _RESPONSE_STARTED and fact.data.get("by", "agent") != "agent":
        return EVIDENCE_ONLY
    return kind


class Cycle:
    """The facts of one cycle in fact order, the first of them its start.

    `origin` (ms) is the start of cycle 1: what is dated before it counts as at it. `attributes` are those
    after all facts so far; they are steady when they never changed within the cycle.
    """

    __slots__ = (
        "_changes",
        "_roles",
        "attributes",
        "facts",
        "followed_by",
        "is_steady",
        "number",
        "origin",
        "policy",
    )

    def __init__(self, number: int, origin: int, start: Fact, attributes: Attributes) -> None:
        self.number = number
        self.facts = [start]
        self.policy: Policy | None = None
        self.followed_by: Fact | None = None  # the start fact of the next cycle
        self.origin = origin
        self.attributes = attributes
        self.is_steady = True
        self._changes = [(0, attributes)]  # (index of a fact, the attributes from it on), ascending
        self._roles = bytearray((start.kind,))

    def append(self, fact: Fact) -> None:
        """Take the next fact, in fact order."""
        if fact.kind == _RECLASSIFIED:
            self.attributes = _reclassified(self.attributes, fact)
            self.is_steady = False
            self._changes.append((len(self.facts), self.attributes))
        self.facts.append(fact)
        self._roles.append(_role(fact))

    def instant(self, fact: Fact) -> int:
        """When `fact` counts, in ms."""
        time, origin = fact.time, self.origin
        return time if time > origin else origin  # noqa: FURB136 (`max` takes three times as long)

    @property
    def started_at(self) -> int:
        """The instant of the start fact, in ms."""
        return self.instant(self.facts[0])

    @property
    def roles(self) -> bytes:
        """What each fact counts as, in fact order: its kind, or EVIDENCE_ONLY."""
        return bytes(self._roles)

    def attributes_before(self, index: int) -> Attributes:
        """The attributes by the facts before `index`, in fact order; at least the start's."""
        return next(after for at, after in reversed(self._changes) if at < index or at == 0)

    def attributes_at(self, instant: int) -> Attributes:
        """The attributes at `instant` (ms), reclassifications at it included; at least the start's."""
        return next(
            after
            for at, after in reversed(self._changes)
            if at == 0 or self.instant(self.facts[at]) <= instant
        )

    def is_over(self) -> bool:
        """True when a reopening right after these facts starts the next cycle."""
        roles = self._roles
        promised = [
            clock
            for clock in (self.policy.clocks if self.policy else ())
            if clock.stop and start_of(clock, roles) == 0 and matches(clock.when, self.attributes)
        ]
        if promised:
            return all(end_of(clock, roles, 0) is not None for clock in promised)
        return first(_CLOSING, roles) is not None


def cycles(facts: Sequence[Fact], policies: Policies, tenant: str) -> list[Cycle]:
    """A ticket's facts, led by the start fact of cycle 1, in cycles, each with the policy that judges it."""
    if not facts:
        return []
    cycle = Cycle(1, facts[0].time, facts[0], received(facts[0]))
    cycle.policy = policies.choose(tenant, cycle.attributes, cycle.started_at)
    found = [cycle]
    for fact in facts[1:]:
        if fact.kind == _REOPENED and cycle.is_over():
            cycle.followed_by = fact
            cycle = Cycle(cycle.number + 1, facts[0].time, fact, cycle.attributes)
            cycle.policy = policies.choose(tenant, cycle.attributes, cycle.started_at)
            found.append(cycle)
        else:
            cycle.append(fact)
    return found
