"""Reads the announcements of the service back from a topic."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from schemas.instant import read_milliseconds
from service.kafka.codec.record import Record
from service.kafka.codec.unreadable import UnreadableRecordError
from service.kafka.topics.progress import TopicProgress, is_progress
from service.kafka.topics.scan import scan, spans_of

Data = Mapping[str, Any]  # see schemas.sla


class _Policy(msgspec.Struct):
    id: str
    version: int


class _Cause(msgspec.Struct):
    source: str
    event_id: str


class _Verdict(msgspec.Struct):
    """The fields that every event out has."""

    breach_id: str
    revision: int
    tenant: str
    ticket_id: str
    customer_id: str | None
    cycle: int
    clock: str
    level: str | None
    due_at: str | None
    detected_at: str | None
    reason: str | None
    cause: _Cause | None
    policy: _Policy | None
    epoch: int = 0  # older software wrote none


_verdict = msgspec.json.Decoder(_Verdict)


async def announced(
    connection: Mapping[str, Any], topic: str, progress: TopicProgress
) -> AsyncIterator[tuple[str, Data]]:
    """Type and data of every committed event out about a verdict that the topic still has.

    What it has of progress goes into `progress`. Raises RefusalError, and UnreadableRecordError when another
    program has written to the topic.
    """
    for partition, span in (await spans_of(connection, topic)).items():
        progress.begin(partition)
        async for record in scan(connection, topic, partition, span):
            if is_progress(record):
                progress.take(record)
            else:
                yield event_out(record)


def event_out(record: Record) -> tuple[str, Data]:
    """Type and data of an event out. Raises UnreadableRecordError when the record is no event out."""
    type_ = dict(record.headers).get("ce_type") or b""
    try:
        said = _verdict.decode(record.value or b"")
        data: Data = msgspec.json.decode(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    instants = (said.due_at, said.detected_at) if said else ()
    dated = all(at is None or read_milliseconds(at) is not None for at in instants)
    if said is None or not dated or not type_.startswith(b"sla."):
        place = record.topic, record.partition, record.offset
        raise UnreadableRecordError(*place, record.key, "not written by this service")
    return type_.decode(errors="replace"), data
