"""Which facts of a cycle start and end its clocks. Nothing but the roles of the facts decides that."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from service.sla.facts import CANCELLING, Kind
from service.sla.policy import Clock, Policy

EVIDENCE_ONLY = 255  # the role of a fact that starts and stops nothing; every other role is a Kind

# Courses that a policy remembers: few tickets take a way of their own, and long ones are not worth it.
LONGEST, MOST = 16, 10_000

Roles = bytes | bytearray  # of a cycle's facts, in fact order: what each of them counts as


class Leg(NamedTuple):
    """One clock's part of a course, by indexes of facts."""

    clock: Clock
    start: int
    end: int | None  # what stops or cancels it; None when nothing did


def first(kinds: Iterable[int], roles: Roles, start: int = 0) -> int | None:
    """The lowest index from `start` on of a fact that counts as one of `kinds`."""
    found = [index for kind in kinds if (index := roles.find(kind, start)) >= 0]
    return min(found) if found else None


def start_of(clock: Clock, roles: Roles) -> int | None:
    """Index of the fact that starts `clock`; None when there is none before a withdrawal or merger."""
    if clock.start == Kind.RECEIVED:
        return 0
    start = first(clock.starts, roles)
    cancelled = first(CANCELLING, roles)
    return None if start is None or (cancelled is not None and cancelled < start) else start


def end_of(clock: Clock, roles: Roles, start: int) -> int | None:
    """Index of the fact that stops or cancels `clock`, started at index `start`; None when none did."""
    return first(clock.ends, roles, start)


def course(policy: Policy, roles: bytes) -> tuple[Leg, ...]:
    """The clocks that started in a cycle with these roles, in the order of the policy."""
    known = policy.courses.get(roles)
    if known is None:
        known = tuple(_legs(policy, roles))
        if len(roles) <= LONGEST and len(policy.courses) < MOST:
            policy.courses[roles] = known
    return known


def _legs(policy: Policy, roles: bytes) -> Iterator[Leg]:
    for clock in policy.clocks:
        start = start_of(clock, roles)
        if start is not None:
            yield Leg(clock, start, end_of(clock, roles, start))
