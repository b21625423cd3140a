"""Decodes records to facts, encodes announcements to records, and makes dead-letter records."""

from collections.abc import Callable

import msgspec
from aiokafka import TopicPartition

from schemas.instant import written
from service.events.announced import AnnouncedProgress, verdict
from service.events.fact import COMPLAINTS, Kinds, Tell, fact_of, ignore
from service.events.rejection import Reason, RejectedError, Rejection
from service.kafka.codec.cloudevents import event_of, plain_of
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import Record
from service.sla.announcement import Announcement, Type
from service.sla.facts import Fact

# Headers of a rejected record, after the headers that it came with. If it is rejected twice, the last count.
REASON, FIELD, DETAIL = "sla_rejected_reason", "sla_rejected_field", "sla_rejected_detail"
WITHOUT_CONTENT = "sla_rejected_bytes"  # the size of a record whose content was not kept
TOPIC, PARTITION, OFFSET = "sla_rejected_topic", "sla_rejected_partition", "sla_rejected_offset"

LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

_KEY_NOT_SUBJECT = Rejection(Reason.KEY_NOT_SUBJECT, "key", "is not the subject")
_WRONG_PARTITION = Rejection(Reason.WRONG_PARTITION, "partition", "is not the one that the key belongs to")
_encode = msgspec.json.Encoder().encode
_TYPES = {type_: ("ce_type", type_.encode()) for type_ in Type}
PROGRESS = b"sla.progress"
_SAME = [("content-type", b"application/json"), ("ce_specversion", b"1.0")]


def decode(
    record: Record,
    now: int | None,
    partitions: int,
    partitioner: Partitioner,
    knows: Callable[[str], object] = lambda _: False,
    kinds: Kinds = COMPLAINTS,
    tell: Tell = ignore,
) -> tuple[str, Fact] | Rejection:
    """Decode an input record to the key of its ticket (or desk) and its fact, or to a rejection.

    Never raises, whatever the record. `now` in ms; without it, the future has no limit. `partitions`: their
    number in the input. Keys the partition already holds (`knows`) skip the partition check. `tell` as in
    fact_of.
    """
    # A producer may write any number as time stamp. It decides nothing, but as evidence it has to be a date.
    recorded_at = record.timestamp
    if not 0 <= recorded_at <= LAST_MS:
        recorded_at = max(0, min(recorded_at, LAST_MS))
    found = plain_of(record, now, recorded_at, kinds)
    if found is None:
        try:
            place = record.partition, record.offset
            found = fact_of(event_of(record), now, recorded_at, *place, kinds, tell)
        except RejectedError as error:
            return error.rejection
    subject, ticket, fact = found
    key = record.key
    if key is None or key != subject.encode():
        return _KEY_NOT_SUBJECT
    if not knows(ticket) and partitioner(key, partitions) != record.partition:
        return _WRONG_PARTITION
    return ticket, fact


def source_of(group: str) -> bytes:
    """The `source` of what a service with this consumer group says."""
    return f"/sla-timer/{group}".encode()


def encode(
    announcement: Announcement, source: bytes, traceparent: bytes | None = None
) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Encode an announcement to key, value and headers of a CloudEvent in binary mode.

    `source` as in source_of. `traceparent`: of the record that caused it, if it had one.
    """
    said = verdict(announcement)
    ticket_id = said.ticket_id.encode()
    headers = [
        *_SAME,
        ("ce_source", source),
        ("ce_id", f"{said.breach_id}:{said.epoch}:{said.revision}".encode()),
        _TYPES[announcement.type],
        ("ce_subject", ticket_id),
        ("ce_tenant", said.tenant.encode()),
    ]
    time = said.due_at or said.stopped_at or said.detected_at
    if time is not None:
        headers.append(("ce_time", time.encode()))
    if traceparent is not None:
        headers.append(("ce_traceparent", traceparent))
    return ticket_id, _encode(said), headers


def progress(
    source: bytes, place: TopicPartition, partitions: int, until: int
) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Value and headers of `sla.progress`: what input partition `place` shows is told up to `until` (ms).

    `source` as in source_of. `partitions`: of the input.
    """
    said = AnnouncedProgress(place.topic, place.partition, partitions, written(until))
    subject = f"{place.topic}-{place.partition}"
    headers = [
        *_SAME,
        ("ce_source", source),
        ("ce_id", f"{subject}:{until}".encode()),
        ("ce_type", PROGRESS),
        ("ce_subject", subject.encode()),
        ("ce_time", said.complete_until.encode()),
    ]
    return _encode(said), headers


def reject(
    record: Record, rejection: Rejection
) -> tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]:
    """The dead-letter record: key, value and headers as they came, then headers with reason and place."""
    added = {
        REASON: rejection.reason,
        FIELD: rejection.field,
        DETAIL: rejection.detail,
        TOPIC: record.topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
    }
    said = [(name, text.encode()) for name, text in added.items() if text is not None]
    return record.key, record.value, [*record.headers, *said]
