"""Finds what to announce: the difference between what is true of a ticket now and what was announced."""

from collections.abc import Iterable, Iterator
from hashlib import sha1
from typing import NamedTuple
from uuid import NAMESPACE_URL

import msgspec
from msgspec.structs import replace

from service.sla.announcement import Announcement, Type
from service.sla.cause import TIME, Because, Causes
from service.sla.grounds import AttributesTold
from service.sla.judge import Judgement
from service.sla.statement import Key, Statement, held_now, statements
from service.sla.told import Announced, Told, index_of

LATE_AFTER_MS = 5_000  # after due + grace; an announcement that comes later is marked late

_BREACHED, _SETTLED = Type.BREACHED, Type.BREACH_SETTLED
_MET, _CANCELLED = Type.MET, Type.CANCELLED
_OF_BREACHES = frozenset({Type.BREACHED, Type.BREACH_SETTLED})
_namespace = sha1(NAMESPACE_URL.bytes, usedforsecurity=False)
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}  # RFC 9562: bits 10xx
_encode = msgspec.json.Encoder().encode
_OF_LAPSES = _OF_BREACHES | {Type.AT_RISK}


class About(NamedTuple):
    """The ticket or desk that announcements are about; `epoch` as in Announcement."""

    tenant: str
    ticket_id: str
    epoch: int = 0


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
    attributes: AttributesTold | None
    why: Because = TIME


def changes(judgement: Judgement, at: int, told: Told, causes: Causes) -> Iterator[Change]:
    """The changes to announce, in order: then readers of what was `told` know what is true at `at` (ms)."""
    before = {latest.key: latest for latest in told.announced}
    for statement in statements(judgement, at):
        latest = before.pop(statement.key, None)
        if latest is None or not latest.stands:
            yield from _begun(statement, latest, causes)
        elif not told.says(latest, statement):
            if statement.type in _OF_BREACHES:
                why = _why_other(statement, latest, told, causes)
                yield Change(statement, latest.revision + 1, statement.attributes, why)
            elif statement.timely:
                taken_back = _retraction(judgement, latest, told, causes)
                yield taken_back
                yield Change(statement, latest.revision + 2, statement.attributes, taken_back.why)
    for latest in before.values():
        if latest.stands:
            yield _retraction(judgement, latest, told, causes)


def _begun(statement: Statement, latest: Announced | None, causes: Causes) -> Iterator[Change]:
    """The changes for a statement that was not announced, or was taken back; a breach before its end."""
    if not statement.timely:
        return
    revision = 1 + (latest.revision if latest else 0)
    begun = statement.unsettled() if statement.type is _SETTLED else statement
    yield Change(begun, revision, statement.attributes, causes.of_return(begun) if latest else TIME)
    if begun is not statement:
        yield Change(statement, revision + 1, statement.attributes, _settled(statement))


def _why_other(statement: Statement, latest: Announced, told: Told, causes: Causes) -> Because:
    """Why a breach that stands is announced anew."""
    if statement.type is _SETTLED and latest.type is _BREACHED and told.says(latest, statement.unsettled()):
        return _settled(statement)
    return causes.of_end(told.mark(latest))


def _settled(statement: Statement) -> Because:
    return Because("settled", statement.run.end if statement.run else None)


def _retraction(judgement: Judgement, latest: Announced, told: Told, causes: Causes) -> Change:
    """The retraction of an announced breach, or the correction of any other announcement."""
    type_ = Type.BREACH_RETRACTED if latest.type in _OF_BREACHES else Type.CORRECTED
    statement = held_now(judgement, latest.key, type_)
    if statement.due_at is None:
        statement = replace(statement, due_at=latest.due_at)
    attributes = told.attributes_of(latest) or statement.attributes
    return Change(statement, latest.revision + 1, attributes, causes.of_end(told.mark(latest)))


def told_after(told: Told, found: Iterable[Change]) -> Told:
    """What is told once the changes in `found` are announced."""
    latest = {one.key: (one, told.attributes_of(one)) for one in told.announced}
    for change in found:
        said = change.statement
        one = Announced(*said.key, change.revision, index_of(said.type), said.due_at, said.digest)
        latest[said.key] = one, change.attributes
    numbers: dict[AttributesTold, int] = {}
    announced = []
    for one, attributes in latest.values():
        number = None if attributes is None else numbers.setdefault(attributes, len(numbers))
        announced.append(one if one.attributes == number else replace(one, attributes=number))
    return Told(announced, list(numbers))


def announcement(about: About, change: Change, detected_at: int | None, grace: int) -> Announcement:
    """The breach event, or other event out, of `change`. Instants and lengths in ms.

    `detected_at`: None offline.
    """
    statement = change.statement
    cycle, clock, level = statement.key
    tenant, ticket_id, epoch = about
    lower = statement.supersedes
    run, (reason, cause) = statement.run, change.why
    if statement.type is _CANCELLED and run is not None:
        reason, cause = statement.reason, run.end
    return Announcement(
        statement.type,
        breach_id(tenant, ticket_id, statement.key),
        epoch,
        change.revision,
        statement.state,
        tenant,
        ticket_id,
        statement.customer_id,
        cycle,
        clock,
        level,
        statement.rank,
        breach_id(tenant, ticket_id, (cycle, clock, lower)) if lower else None,
        run.clock.clause if run else None,
        statement.policy,
        statement.zone,
        change.attributes,
        statement.started_at,
        statement.due_at,
        statement.stopped_at,
        statement.paused_for,
        statement.elapsed_for,
        statement.overrun_for,
        detected_at,
        _is_late(statement, detected_at, grace),
        reason,
        cause,
        statement.evidence or ((cause,) if cause else ()),  # for a clock that never started
        statement.true_at,
        run.end if run is not None and statement.type is _MET else cause,
    )


def _is_late(statement: Statement, detected_at: int | None, grace: int) -> bool:
    """True for a lapse, or the end of a breach, that is announced too long after it became true."""
    if detected_at is None or statement.type not in _OF_LAPSES:
        return False
    true_at = statement.true_at
    return true_at is not None and detected_at > true_at + grace + LATE_AFTER_MS


def standing(about: About, judgement: Judgement, at: int) -> list[Announcement]:
    """The announcements that stand at `at` (ms): the latest of each breach id, all as a first revision."""
    return [
        announcement(about, Change(statement, 1, statement.attributes), None, 0)
        for statement in statements(judgement, at)
        if statement.timely
    ]
