"""Policies as the judge uses them: the clocks of a cycle, their start and stop kinds, and their targets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

from schemas.envelope import DEFAULT_TENANT
from service.sla.calendar.calendar import ALWAYS, Calendar, Interval, YearUnknown
from service.sla.facts import CANCELLING, Kind, implied_by

DEFAULT_AGREEMENT = "default"
_NO_END = (1 << 63) - 1  # ms: later than any instant

Attributes = Mapping[str, str]  # customer_id, channel, complexity, priority, …
PausesThatCount = frozenset[str] | bool  # True: every pause; a set: of these reasons; False: none
Match = tuple[tuple[str, frozenset[str]], ...]  # each key with the values that match; () matches all


def matches(match: Match, attributes: Attributes) -> bool:
    """True when `attributes` has, for each key of `match`, one of its values."""
    for key, values in match:  # noqa: SIM110 (`all` with a generator takes three times as long)
        if attributes.get(key) not in values:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Level:
    """A named target of a clock. Exactly one of `after_ms` and `working_days` is set."""

    name: str
    after_ms: int | None  # calendar time; a percentage is resolved when the policy is read
    working_days: int | None = None
    rank: int | None = None  # of a breach level: its place among those of its clock, from 1
    warns: bool = field(init=False, repr=False, compare=False)  # announced before a promise breaks

    def __post_init__(self) -> None:
        # Every other level is a breach.
        object.__setattr__(self, "warns", self.name == "warning" or self.name.startswith("warning-"))


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise: from `start` to the first of `stop`, within each of `levels`."""

    name: str
    clause: str | None
    start: Kind
    stop: frozenset[Kind]
    when: Match
    pauses: PausesThatCount
    levels: tuple[Level, ...]  # in the order of the file
    calendar: Calendar
    # For a desk's clock: it runs while fewer channels are open, and its start and stop are not used.
    min_open: int = 0
    starts: frozenset[Kind] = field(init=False, repr=False, compare=False)  # `start` and later milestones
    stops: frozenset[Kind] = field(init=False, repr=False, compare=False)  # `stop` and later milestones
    ends: frozenset[Kind] = field(init=False, repr=False, compare=False)  # the kinds that stop or cancel
    # Index of the level that is due first, and of the breach level that is due first; None with working days.
    soonest: int | None = field(init=False, repr=False, compare=False)
    soonest_breach: int | None = field(init=False, repr=False, compare=False)
    shortest: int = field(init=False, repr=False, compare=False)  # ms; no level is due sooner after the start
    _plain: tuple[int, ...] | None = field(init=False, repr=False, compare=False)  # targets of a 7×24 clock

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", implied_by(self.start))
        object.__setattr__(self, "stops", frozenset().union(*map(implied_by, self.stop)))
        object.__setattr__(self, "ends", self.stops | CANCELLING)
        plain = self.calendar is ALWAYS and all(level.working_days is None for level in self.levels)
        targets = tuple(level.after_ms or 0 for level in self.levels)
        object.__setattr__(self, "_plain", targets if plain else None)
        breaches = [level for level in self.levels if not level.warns]
        object.__setattr__(self, "soonest", self._smallest(self.levels))
        object.__setattr__(self, "soonest_breach", self._smallest(breaches))
        object.__setattr__(self, "shortest", min((level.after_ms or 0 for level in self.levels), default=0))

    def _smallest(self, levels: Sequence[Level]) -> int | None:
        """Index of the smallest target among `levels`; None without levels, or with working days."""
        if not levels or any(level.after_ms is None for level in self.levels):
            return None
        return self.levels.index(min(levels, key=lambda level: level.after_ms or 0))

    def dues(self, started_at: int, pauses: Sequence[Interval]) -> Sequence[int | None]:
        """The due instant (ms) of each level; None: a pause never ends, or its year is unknown."""
        if self._plain is not None and not pauses:  # the same result as below, several times as fast
            return [started_at + target for target in self._plain]
        return [self._known_due(level, started_at, pauses) for level in self.levels]

    def due_of(self, index: int, started_at: int) -> int | None:
        """The due instant (ms) of one level without pauses, as in `dues`."""
        if self._plain is not None:
            return started_at + self._plain[index]
        return self._known_due(self.levels[index], started_at, ())

    def _known_due(self, level: Level, started_at: int, pauses: Sequence[Interval]) -> int | None:
        try:
            return self.due_at(level, started_at, pauses)
        except YearUnknown:
            return None

    def due_at(self, level: Level, started_at: int, pauses: Sequence[Interval]) -> int | None:
        """The due instant (ms) of one level; None: a pause never ends. Raises YearUnknown."""
        if level.working_days is not None:
            return self.calendar.due_in_days(started_at, level.working_days)
        return self.calendar.due(started_at, level.after_ms or 0, pauses)


@dataclass(frozen=True, slots=True)
class Policy:
    """One published version of a promise to customers."""

    id: str
    version: int
    sha256: str  # over the parsed content, calendars included without the dates of their years
    effective_from: int  # ms since the epoch: for cycles that start at or after it
    title: Mapping[str, str]
    match: Match  # may also ask for `tenant`
    clocks: tuple[Clock, ...]
    stalled_after_ms: int | None = None  # without a fact, while a clock runs
    desks: frozenset[str] = frozenset()  # the support desks that it judges; empty: it judges tickets
    heartbeat_timeout_ms: int = 0  # how long a channel stays open after a sign of life
    held_after_ms: int | None = None  # without a fact, while clocks are paused and none runs
    agreement: str = DEFAULT_AGREEMENT  # each agreement is judged as if there were no other
    exempt: bool = False  # True: no clock judges the cycles that choose it, and that is meant
    zone: str = "+00:00"  # IANA name, or an offset: of its periods where its clocks have no calendar
    # By kind of fact: the indexes of the clocks that it may start or end. Clocks that start with the receipt
    # run from the cycle's first fact instead: see `from_receipt`.
    reacting: Mapping[int, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    # By clock: 0 when it runs from the cycle's first fact.
    from_receipt: tuple[int | None, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        clocks = list(enumerate(self.clocks))
        late = [frozenset[Kind]() if clock.start == Kind.RECEIVED else clock.starts for _, clock in clocks]
        reacting = {
            int(kind): tuple(number for number, clock in clocks if kind in clock.ends | late[number])
            for kind in Kind
        }
        starts = tuple(0 if clock.start == Kind.RECEIVED else None for _, clock in clocks)
        object.__setattr__(self, "reacting", {kind: numbers for kind, numbers in reacting.items() if numbers})
        object.__setattr__(self, "from_receipt", starts)


class InForce(NamedTuple):
    """A policy and the instants [since, until) in ms of the cycles that it judges; `until` None: no end."""

    policy: Policy
    since: int
    until: int | None


class Policies:
    """All versions of all policies; chooses the version that judges a cycle."""

    def __init__(self, versions: Iterable[Policy], retired: Mapping[str, int] | None = None) -> None:
        """Take all versions. `retired`: by id, from which instant (ms) on no cycle chooses it."""
        self.retired = dict(retired or {})
        self.versions = tuple(sorted(versions, key=lambda policy: (policy.id, policy.version)))
        by_id = groupby(self.versions, key=lambda policy: policy.id)
        all_versions = [tuple(policies)[::-1] for _, policies in by_id]
        of_tickets = [versions for versions in all_versions if not any(one.desks for one in versions)]
        self._newest_first = {
            agreement: [
                (self._end(versions), tuple(map(_apart, versions)))
                for versions in of_tickets
                if _is_of(versions, agreement)
            ]
            for agreement in {policy.agreement for versions in of_tickets for policy in versions}
        }
        # Of tickets, the default one first; without a policy of tickets, the default one alone.
        self.agreements = tuple(
            sorted(self._newest_first, key=lambda name: (name != DEFAULT_AGREEMENT, name))
        ) or (DEFAULT_AGREEMENT,)
        self._of_desks = [versions for versions in all_versions if any(one.desks for one in versions)]
        self.agreement_of = {
            clock.name: policy.agreement
            for versions in of_tickets
            for policy in versions
            for clock in policy.clocks
        }
        names = [(one.id, one.version, one.sha256, self.retired.get(one.id)) for one in self.versions]
        # Years of a calendar come later, and are not part of the hash.
        calendars = {clock.calendar for policy in self.versions for clock in policy.clocks}
        years = sorted({(calendar.name, calendar.valid_until or 0) for calendar in calendars})
        digest = blake2b(repr((names, years)).encode(), digest_size=8).digest()
        self.edition = int.from_bytes(digest)  # differs when the policies differ

    def choose(
        self, tenant: str, attributes: Attributes, started_at: int, agreement: str = DEFAULT_AGREEMENT
    ) -> Policy | None:
        """The agreement's policy for a cycle that starts at `started_at` (ms) with these attributes, or None.

        Candidates are the highest versions in force of each policy id. Of the matching candidates, the policy
        with the most keys in `match` is chosen.
        """
        chosen: Policy | None = None
        for end, versions in self._newest_first.get(agreement, ()):
            if started_at >= end:
                continue
            for policy, tenants, match in versions:
                if policy.effective_from <= started_at:
                    asks_more = chosen is None or len(policy.match) > len(chosen.match)
                    if asks_more and (tenants is None or tenant in tenants) and matches(match, attributes):
                        chosen = policy
                    break
        return chosen

    def differ_from(self, other: "Policies") -> int:
        """The first instant (ms) from which a cycle may get another policy by these than by `other`.

        Later than any instant when no cycle may.
        """
        return min([instant for _, instant in _instants(self) ^ _instants(other)], default=_NO_END)

    def _end(self, versions: Sequence[Policy]) -> int:
        """The instant (ms) from which on no cycle chooses any of the versions, which are of one id."""
        return self.retired.get(versions[0].id, _NO_END)

    @property
    def desks(self) -> set[tuple[str, str]]:
        """Tenant and id of every desk that a policy names."""
        return {
            (tenant, desk)
            for versions in self._of_desks
            for policy in versions
            for tenant in tenants(policy)
            for desk in policy.desks
        }

    def of_desk(self, tenant: str, desk: str) -> list[InForce]:
        """The policies that judge a support desk, in order of time."""
        found = [
            InForce(
                policy, policy.effective_from, None if end == _NO_END else max(end, policy.effective_from)
            )
            for versions in self._of_desks
            for index, policy in enumerate(versions)
            for end in [min((self._end(versions), *(newer.effective_from for newer in versions[:index])))]
            if desk in policy.desks and tenant in tenants(policy)
        ]
        return sorted(found, key=lambda one: one.since)


def _instants(policies: Policies) -> set[tuple[object, int]]:
    """Every version and every end of an id, each with the instant (ms) of its effect."""
    begun = {((one.id, one.version, one.sha256), one.effective_from) for one in policies.versions}
    return begun | {((policy, "retired"), instant) for policy, instant in policies.retired.items()}


def tenants(policy: Policy) -> frozenset[str]:
    """The tenants whose desks a policy for desks judges."""
    return dict(policy.match).get("tenant", frozenset({DEFAULT_TENANT}))


def _is_of(versions: Iterable[Policy], agreement: str) -> bool:
    return any(policy.agreement == agreement for policy in versions)


def _apart(policy: Policy) -> tuple[Policy, frozenset[str] | None, Match]:
    """Split a policy's `match`: the policy, its tenants (None: any), and the match of its attributes."""
    return (
        policy,
        dict(policy.match).get("tenant"),
        tuple((key, values) for key, values in policy.match if key != "tenant"),
    )
