"""The committed state of tickets, for whoever wants to look at it: topic `sla.tickets`."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from service.kafka.partitioner import Partitioner
from service.kafka.scan import scan, spans_of
from service.sla.ticket import key as key_of


class Kept(NamedTuple):
    """The latest committed state of one ticket, and where the topic has it."""

    key: str  # ticket id@tenant
    value: bytes
    partition: int
    offset: int


async def kept_ticket(
    connection: Mapping[str, Any], topic: str, tenant: str, ticket_id: str, partitioner: Partitioner
) -> Kept | None:
    """One ticket; None when the topic has never heard of it, or has forgotten it. Raises Refusal."""
    spans = await spans_of(connection, topic)
    partition = partitioner(ticket_id.encode(), len(spans))
    key = key_of(tenant, ticket_id)
    wanted = key.encode()
    found: Kept | None = None
    async for record in scan(connection, topic, partition, spans[partition]):
        if record.key == wanted:
            found = None if record.value is None else Kept(key, record.value, partition, record.offset)
    return found


async def kept_tickets(connection: Mapping[str, Any], topic: str) -> AsyncIterator[Kept]:
    """Every ticket, a partition at a time, which is held in memory. Raises Refusal."""
    for partition, span in (await spans_of(connection, topic)).items():
        held: dict[bytes, Kept] = {}
        async for record in scan(connection, topic, partition, span):
            key = record.key or b""  # a compacted topic takes no record without one
            if record.value is None:
                held.pop(key, None)
            else:
                held[key] = Kept(key.decode(), record.value, partition, record.offset)
        for kept in held.values():
            yield kept
