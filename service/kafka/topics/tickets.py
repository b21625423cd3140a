"""Reads the committed state of tickets from topic `sla.tickets`, for commands."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from service.explain.records import Tombstone
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import Record
from service.kafka.codec.records import LAST_MS
from service.kafka.codec.unreadable import UnreadableRecordError
from service.kafka.topics.scan import scan, spans_of
from service.sla import state
from service.sla.facts import Kind
from service.sla.state import Header, Ticket
from service.sla.state import key as key_of

_KINDS = frozenset(Kind)


class KeptTicket(NamedTuple):
    """The latest committed state of one ticket, and its place in the topic."""

    key: str  # ticket id@tenant
    value: bytes
    partition: int
    offset: int


class Opened(NamedTuple):
    """The decoded state of one ticket."""

    tenant: str
    ticket_id: str
    header: Header
    ticket: Ticket


class FoundTicket(NamedTuple):
    """What the topic holds under one ticket id."""

    kept: KeptTicket | None  # None: the topic has no state of it
    tombstone: Tombstone | None  # of a ticket that was forgotten, until compaction takes it away
    other_tenants: list[str]


def opened(topic: str, kept: KeptTicket) -> Opened:
    """Decode the state of a ticket. Raises UnreadableRecordError, also for state that we cannot judge."""
    tenant, ticket_id = state.names(kept.key)
    try:
        header = state.header(kept.value)
        ticket = state.decode(kept.value)
    except state.UnreadableStateError as error:
        raise _unreadable(topic, kept, str(error)) from None
    if not (tenant and ticket_id):
        raise _unreadable(topic, kept, "its key is no ticket@tenant")
    instants = [fact.time for fact in ticket.facts] + [fact.recorded_at for fact in ticket.facts]
    if not all(0 <= instant <= LAST_MS for instant in instants):
        raise _unreadable(topic, kept, "a fact has an instant outside of 1970 to 9999")
    if not all(fact.kind in _KINDS for fact in ticket.facts):
        raise _unreadable(topic, kept, "a fact is of a kind that this version does not know")
    return Opened(tenant, ticket_id, header, ticket)


def _unreadable(topic: str, kept: KeptTicket, reason: str) -> UnreadableRecordError:
    return UnreadableRecordError(topic, kept.partition, kept.offset, kept.key.encode(), reason)


async def find_ticket(
    connection: Mapping[str, Any], topic: str, tenant: str, ticket_id: str, partitioner: Partitioner
) -> FoundTicket:
    """Find one ticket, and the other tenants that have its id. Raises RefusalError."""
    spans = await spans_of(connection, topic)
    partition = partitioner(ticket_id.encode(), len(spans))
    latest: dict[bytes, Record] = {}
    begin = key_of("", ticket_id).encode()
    async for record in scan(connection, topic, partition, spans[partition]):
        if record.key is not None and record.key.startswith(begin):
            latest[record.key] = record
    key = key_of(tenant, ticket_id)
    ours = latest.pop(key.encode(), None)
    others = [found.key or b"" for found in latest.values() if found.value is not None]
    tenants = sorted(other[len(begin) :].decode(errors="replace") for other in others)
    if ours is None:
        return FoundTicket(None, None, tenants)
    if ours.value is None:
        at = max(0, min(ours.timestamp, LAST_MS))
        return FoundTicket(None, Tombstone(topic, partition, ours.offset, at), tenants)
    return FoundTicket(KeptTicket(key, ours.value, partition, ours.offset), None, tenants)


async def kept_tickets(connection: Mapping[str, Any], topic: str) -> AsyncIterator[KeptTicket]:
    """Every ticket, with one partition in memory at a time. Raises RefusalError or UnreadableRecordError."""
    for partition, span in (await spans_of(connection, topic)).items():
        held: dict[bytes, Record] = {}
        async for record in scan(connection, topic, partition, span):
            key = record.key or b""  # a compacted topic takes no record without a key
            if record.cut:
                place = record.topic, record.partition, record.offset
                raise UnreadableRecordError(*place, None, "it is larger than any state")
            if record.value is None:
                held.pop(key, None)
            else:
                held[key] = record
        for record in held.values():
            yield KeptTicket(_key(record), record.value or b"", partition, record.offset)


def _key(record: Record) -> str:
    try:
        return (record.key or b"").decode()
    except UnicodeDecodeError:
        place = record.topic, record.partition, record.offset
        raise UnreadableRecordError(*place, record.key, "its key is not UTF-8") from None
