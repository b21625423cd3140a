"""Reads the records of one ticket again, for `explain`: input, rejected ones, codes that were made fit.

How it works. The state holds the facts of a ticket, and where their records are. It does not hold which codes
of a record did not fit as they came, nor records that were rejected. So the records are read again: those of
the facts at their offsets, and the dead-letter topic as a whole. Only where the state has no fact of the
ticket, the ticket's input partition is searched, from its last `MOST_SEARCHED` offsets on.

What must never happen: that a value of a record leaves this file. It may be personal data.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from service.events.fact import COMPLAINTS, Fitted, fact_of
from service.events.rejection import RejectedError, Rejection
from service.events.structured import ticket_of
from service.explain.records import Identity, InputRecord, RejectedEvent
from service.kafka.client.groupless_consumer import OffsetSpan, reading
from service.kafka.client.patience import PATIENCE_SECONDS, unreachable
from service.kafka.client.read_to_end import read_to_end
from service.kafka.codec.cloudevents import event_of
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import Record, size_of
from service.kafka.codec.records import LAST_MS, decode
from service.kafka.topics.members import offset_of
from service.kafka.topics.rejected import RejectedRecord, read_rejected
from service.kafka.topics.scan import scan, spans_of
from service.sla.facts import Fact
from service.sla.history import identity
from service.sla.state import key as key_of
from service.sla.state import names

MOST_SEARCHED = 1_000_000  # offsets of one partition; some seconds
_NEAR = 200  # offsets: records as near to each other as this are read in one go
_SMALL_FETCHES = {"max_partition_fetch_bytes": 65_536, "fetch_max_wait_ms": 50}


class Searched(NamedTuple):
    """The records of a ticket in its input partition."""

    accepted: list[InputRecord]
    rejected: list[RejectedEvent]  # they are no events of the contract
    other_tenants: set[str]
    begin: int  # the first offset that was searched
    is_whole: bool  # False: the topic has records before `begin`
    partition: int


async def rejected_of(
    connection: Mapping[str, Any], topic: str, lifecycle: str, tenant: str, ticket_id: str
) -> list[RejectedEvent]:
    """Return the ticket's records in the dead-letter topic that came from topic `lifecycle`.

    Raises RefusalError.
    """
    return [
        RejectedEvent(
            record.reason,
            record.field,
            record.detail,
            topic=record.topic,
            partition=record.from_partition,
            offset=record.from_offset,
            kept_as=record.name,
            at=_dated(record.at),
        )
        async for record in read_rejected(connection, topic)
        if record.topic == lifecycle and _is_of(record, tenant, ticket_id)
    ]


def _is_of(record: RejectedRecord, tenant: str, ticket_id: str) -> bool:
    """True when a rejected record names the ticket, by its key or as its subject, and no other tenant."""
    wanted = ticket_id.encode()
    texts = [record.key or b"", record.value or b"", *(value or b"" for _, value in record.headers)]
    escaped = json.dumps(ticket_id)[1:-1].encode()
    if record.key != wanted and not any(wanted in text or escaped in text for text in texts):
        return False
    size = size_of(record.key, record.value, record.headers)
    place = record.topic, record.from_partition, record.from_offset, record.at
    named, subject = _named(Record(*place, record.key, record.value, record.headers, size))
    return (record.key == wanted or subject == ticket_id) and named in (None, tenant)


def _named(record: Record) -> tuple[str | None, str | None]:
    """Return tenant and ticket id that a rejected record names, as far as it can be read; see ticket_of."""
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    if "ce_specversion" in headers or "ce_subject" in headers:
        return ticket_of({name: headers.get(f"ce_{name}") for name in ("tenant", "subject")})
    try:
        return ticket_of(event_of(record))
    except RejectedError:
        return None, None


async def search_input(
    connection: Mapping[str, Any], topic: str, tenant: str, ticket_id: str, partitioner: Partitioner
) -> Searched:
    """Return the ticket's records in the newest part of its input partition. Raises RefusalError."""
    spans = await spans_of(connection, topic)
    wanted = ticket_id.encode()
    partition = partitioner(wanted, len(spans))
    first, end = spans[partition]
    begin = max(first, end - MOST_SEARCHED)
    found = Searched([], [], set(), begin, begin == first, partition)
    async for record in scan(connection, topic, partition, OffsetSpan(begin, end)):
        if record.key != wanted:
            continue
        decoded = decode(record, _dated(record.timestamp), len(spans), partitioner)
        if isinstance(decoded, Rejection):
            if _named(record)[0] in (None, tenant):
                found.rejected.append(_rejected_in(record, decoded))
        elif decoded[0] == key_of(tenant, ticket_id):
            found.accepted.append(InputRecord(partition, record.offset, _dated(record.timestamp)))
        else:
            found.other_tenants.add(names(decoded[0])[0])
    return found


def _rejected_in(record: Record, rejection: Rejection) -> RejectedEvent:
    return RejectedEvent(
        rejection.reason,
        rejection.field,
        rejection.detail,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        at=_dated(record.timestamp),
    )


async def position_of(connection: Mapping[str, Any], group: str, topic: str, partition: int) -> int:
    """Return the next offset that the group processes; 0: it has processed none. Raises RefusalError."""
    return await offset_of(connection, group, TopicPartition(topic, partition)) or 0


async def fitted_codes(
    connection: Mapping[str, Any], topic: str, key: str, facts: Sequence[Fact]
) -> dict[Identity, list[Fitted]]:
    """Return the codes that did not fit as they came, by identity of the fact.

    Facts are left out whose record is not in the topic any more, or is another one: these came from
    elsewhere, as with `state import`. `key`: of the ticket. Raises RefusalError.
    """
    found: dict[Identity, list[Fitted]] = {}
    wanted = {(fact.partition, fact.offset): identity(fact) for fact in facts if fact.offset >= 0}
    if not wanted:
        return found
    spans = await spans_of(connection, topic)
    try:
        async with reading({**connection, **_SMALL_FETCHES}, committed=True) as reader:
            for partition, span in _pieces(wanted, spans):
                source = TopicPartition(topic, partition)
                pieces = read_to_end(reader, source, span, no_progress_for=PATIENCE_SECONDS, at_once=_NEAR)
                async for records, _ in pieces:
                    for record in records:
                        named = wanted.get((partition, record.offset))
                        told = _codes(record, key, named) if named else None
                        if named and told is not None:
                            found[named] = told
    except (KafkaError, OSError) as error:
        raise unreachable(connection, error) from None
    return found


def _pieces(
    wanted: Iterable[tuple[int, int]], spans: Mapping[int, OffsetSpan]
) -> Iterator[tuple[int, OffsetSpan]]:
    """Yield the stretches of offsets that have the wanted records, each with its partition."""
    piece: tuple[int, OffsetSpan] | None = None
    for partition, offset in sorted(wanted):
        begin, end = spans.get(partition, OffsetSpan(0, 0))
        if not begin <= offset < end:
            continue
        if piece is not None:
            last, (since, until) = piece
            if last == partition and offset - until <= _NEAR:
                piece = partition, OffsetSpan(since, offset + 1)
                continue
            yield piece
        piece = partition, OffsetSpan(offset, offset + 1)
    if piece is not None:
        yield piece


def _codes(record: Record, key: str, named: Identity) -> list[Fitted] | None:
    """Return the codes of a record that did not fit; None: it is not the record of that fact."""
    told: list[Fitted] = []
    try:
        _, ticket, fact = fact_of(event_of(record), None, kinds=COMPLAINTS, tell=told.append)
    except RejectedError:
        return None
    return told if ticket == key and identity(fact) == named else None


def _dated(timestamp: int) -> int:
    """Return a log time (ms) as an instant that can be written: a producer may have chosen any number."""
    return max(0, min(timestamp, LAST_MS))
