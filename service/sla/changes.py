"""Finds what to announce: the difference between what is true of a ticket now and what was announced."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha1
from uuid import NAMESPACE_URL

import msgspec
from msgspec.structs import replace

from service.sla.announcement import Announcement, Type
from service.sla.facts import Fact, Kind
from service.sla.judge import Judgement
from service.sla.statement import Key, Statement, held_now, statements

LATE_AFTER_MS = 5_000  # after due + grace; an announcement that comes later is marked late

_TYPES = tuple(Type)
_INDEXES = {type_: index for index, type_ in enumerate(_TYPES)}
_SETTLED = Type.BREACH_SETTLED
_RETRACTING = frozenset({Type.BREACH_RETRACTED, Type.CORRECTED})
_OF_BREACHES = frozenset({Type.BREACHED, Type.BREACH_SETTLED})
_namespace = sha1(NAMESPACE_URL.bytes, usedforsecurity=False)
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}  # RFC 9562: bits 10xx
_encode = msgspec.json.Encoder().encode
_OF_LAPSES = _OF_BREACHES | {Type.AT_RISK}
# Reasons of a withdrawal, by the kind of its cause.
_REASONS: dict[int, str] = {
    Kind.VOIDED: "voided",
    Kind.RECLASSIFIED: "reclassified",
    Kind.REASSIGNED: "reclassified",
}


class Announced(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The latest announcement of one breach id, as the ticket's state keeps it."""

    cycle: int
    clock: str
    level: str | None
    revision: int
    type_index: int  # into Type
    due_at: int | None
    digest: int

    @property
    def key(self) -> Key:
        """Cycle, clock and level of the announcement."""
        return self.cycle, self.clock, self.level

    @property
    def type(self) -> Type:
        """The type of the announcement."""
        return _TYPES[self.type_index]

    @property
    def stands(self) -> bool:
        """True unless the announcement was a retraction or a correction."""
        return _TYPES[self.type_index] not in _RETRACTING


def breach_id(tenant: str, ticket_id: str, key: Key) -> str:
    """The breach id of a level of a clock, which never changes: UUIDv5 over compact JSON."""
    name = _namespace.copy()
    name.update(_encode((tenant, ticket_id, *key)))
    digits = name.hexdigest()
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


class Change(msgspec.Struct, frozen=True, gc=False):
    """A statement to announce as the next revision of its breach id."""

    statement: Statement
    revision: int
    reason: str | None = None
    cause: Fact | None = None

    @property
    def announced(self) -> Announced:
        """The announcement as the ticket's state keeps it."""
        statement = self.statement
        cycle, clock, level = statement.key
        type_index = _INDEXES[statement.type]
        return Announced(cycle, clock, level, self.revision, type_index, statement.due_at, statement.digest)


def changes(
    judgement: Judgement,
    at: int,
    announced: Iterable[Announced],
    cause_of: Callable[[Announced], Fact | None],
) -> Iterator[Change]:
    """The changes to announce, in order, so that readers of `announced` know what is true at `at`.

    `cause_of` finds the new fact because of which an earlier announcement no longer holds.
    """
    before = {latest.key: latest for latest in announced}
    for statement in statements(judgement, at):
        latest = before.pop(statement.key, None)
        revision = latest.revision if latest else 0
        if latest and latest.stands:
            if latest.digest == statement.digest:
                continue
            if statement.type not in _OF_BREACHES:
                if not statement.timely:
                    continue
                revision += 1
                yield _withdrawal(judgement, latest, revision, cause_of)
        elif statement.type is _SETTLED:
            revision += 1
            yield Change(statement.unsettled(), revision)
        if statement.timely:
            yield Change(statement, revision + 1)
    for latest in before.values():
        if latest.stands:
            yield _withdrawal(judgement, latest, latest.revision + 1, cause_of)


def _withdrawal(
    judgement: Judgement, latest: Announced, revision: int, cause_of: Callable[[Announced], Fact | None]
) -> Change:
    """The retraction of an announced breach, or the correction of any other announcement."""
    type_ = Type.BREACH_RETRACTED if latest.type in _OF_BREACHES else Type.CORRECTED
    statement = held_now(judgement, latest.key, type_)
    if statement.due_at is None:
        statement = replace(statement, due_at=latest.due_at)
    cause = cause_of(latest)
    reason = _REASONS.get(cause.kind, "late_fact") if cause else "policy_changed"
    return Change(statement, revision, reason, cause)


def latest_of(announced: Iterable[Announced], found: Iterable[Change]) -> list[Announced]:
    """The latest announcement of each breach id, once the changes in `found` are announced."""
    latest = {one.key: one for one in announced}
    for change in found:
        latest[change.statement.key] = change.announced
    return list(latest.values())


def announcement(
    tenant: str, ticket_id: str, change: Change, detected_at: int | None, grace: int
) -> Announcement:
    """The event out for `change`. `detected_at` in ms, None offline; `grace` in ms."""
    statement = change.statement
    cycle, clock, level = statement.key
    lower = statement.supersedes
    return Announcement(
        statement.type,
        breach_id(tenant, ticket_id, statement.key),
        change.revision,
        statement.state,
        tenant,
        ticket_id,
        statement.customer_id,
        cycle,
        clock,
        level,
        breach_id(tenant, ticket_id, (cycle, clock, lower)) if lower else None,
        statement.run.clock.clause if statement.run else None,
        statement.policy,
        statement.started_at,
        statement.due_at,
        statement.stopped_at,
        statement.paused_for,
        statement.elapsed_for,
        statement.overrun_for,
        detected_at,
        _is_late(statement, detected_at, grace),
        change.reason or statement.reason,
        change.cause,
        statement.evidence or ((change.cause,) if change.cause else ()),  # for a clock that never started
        statement.true_at,
    )


def _is_late(statement: Statement, detected_at: int | None, grace: int) -> bool:
    """True for a lapse, or the end of a breach, that is announced too long after it became true."""
    if detected_at is None or statement.type not in _OF_LAPSES:
        return False
    true_at = statement.true_at
    return true_at is not None and detected_at > true_at + grace + LATE_AFTER_MS


def standing(tenant: str, ticket_id: str, judgement: Judgement, at: int) -> list[Announcement]:
    """The announcements that stand at `at` (ms): the latest of each breach id, all as a first revision."""
    return [
        announcement(tenant, ticket_id, Change(statement, 1), None, 0)
        for statement in statements(judgement, at)
        if statement.timely
    ]
