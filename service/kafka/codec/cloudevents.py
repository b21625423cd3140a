"""CloudEvents 1.0 in Kafka records: binary mode in headers, structured mode in the value."""

from collections.abc import Mapping
from enum import Enum, auto
from functools import lru_cache
from operator import itemgetter
from typing import Any

from schemas.envelope import DEFAULT_TENANT
from service.events.fact import Kinds
from service.events.json_value import DEEPEST, read_json
from service.events.plain import ATTRIBUTES, Found, plain, plain_in_parts
from service.events.rejection import Reason, RejectedError
from service.events.structured import LARGEST_BYTES, LONGEST_TYPE, attributes, is_json
from service.kafka.codec.record import MOST_HEADERS, Record

_ATTRIBUTES = tuple(
    (f"ce_{name}", name) for name in ("specversion", "id", "source", "type", "subject", "time", "tenant")
)
_plain_attributes = itemgetter(*(f"ce_{name}" for name in ATTRIBUTES))
_DEFAULT_TENANT = DEFAULT_TENANT.encode()
_READ = {header for header, _ in _ATTRIBUTES} | {"content-type"}


class _Mode(Enum):
    BINARY = auto()
    STRUCTURED = auto()
    BATCH = auto()
    NEITHER = auto()  # not JSON


_BINARY, _STRUCTURED, _BATCH, _NEITHER = _Mode  # a plain name is faster, see service.sla.timeline


def plain_of(record: Record, now: int | None, recorded_at: int, kinds: Kinds) -> Found | None:
    """The result of fact_of for a record and its event; None when either is unusual. See plain."""
    value, given = record.value, record.headers
    if value is None or record.size > LARGEST_BYTES:
        return None
    headers = dict(given)
    content_type = headers.get("content-type")
    if not content_type or len(headers) < len(given) or None in headers.values():
        return None
    mode = _mode(content_type)
    if mode is _STRUCTURED:
        return plain(value, now, recorded_at, record.partition, record.offset, kinds)
    if mode is not _BINARY:
        return None
    headers.setdefault("ce_tenant", _DEFAULT_TENANT)
    try:
        attributes = _plain_attributes(headers)
    except KeyError:
        return None
    return plain_in_parts(attributes, value, now, recorded_at, record.partition, record.offset, kinds)


def event_of(record: Record) -> dict[str, Any]:
    """The event in a record, as a dict in the form of structured mode. Raises RejectedError."""
    headers = _headers(record)
    if record.value is None:
        raise RejectedError(Reason.NULL_VALUE, None, "the record has no value")
    content_type = headers.get("content-type")
    if content_type:
        mode = _mode(content_type)
        if mode is _BINARY:
            return _binary(headers, record.value)
        if mode is _STRUCTURED:
            return attributes(read_json(record.value, DEEPEST + 1))
        if mode is _BATCH:
            raise RejectedError(Reason.BATCH_MODE, "content-type", "says several events in one record")
        raise RejectedError(Reason.NOT_JSON, "content-type", "is not JSON in UTF-8")
    if "ce_specversion" in headers:
        return _binary(headers, record.value)
    return _unlabelled(record.value)


def _headers(record: Record) -> Mapping[str, bytes | None]:
    """Headers by name. Raises RejectedError: the record is too large, or a relevant header is repeated."""
    if record.size > LARGEST_BYTES:
        raise RejectedError(Reason.TOO_LARGE, None, "larger than 256 KiB")
    if record.cut:
        raise RejectedError(Reason.TOO_LARGE, None, f"more than {MOST_HEADERS:,} headers")
    headers: dict[str, bytes | None] = {}
    for name, value in record.headers:
        if name in headers and (name.startswith("ce_") or name == "content-type"):
            raise RejectedError(Reason.BAD_FIELD, name if name in _READ else None, "a header stands twice")
        headers[name] = value
    return headers


def _mode(content_type: bytes) -> _Mode:
    return _mode_of(content_type) if len(content_type) <= LONGEST_TYPE else _NEITHER


@lru_cache(maxsize=64)
def _mode_of(content_type: bytes) -> _Mode:
    text = content_type.decode("latin-1")
    media = text.partition(";")[0].strip().lower()
    if media.startswith("application/cloudevents-batch"):
        return _BATCH
    if not is_json(text):
        # A bare application/cloudevents means JSON, its default format.
        return _STRUCTURED if media == "application/cloudevents" else _NEITHER
    return _STRUCTURED if media == "application/cloudevents+json" else _BINARY


def _binary(headers: Mapping[str, bytes | None], value: bytes) -> dict[str, Any]:
    event: dict[str, Any] = {}
    header = ""
    try:
        for header, name in _ATTRIBUTES:
            text = headers.get(header)
            if text is not None:
                event[name] = text.decode()
    except UnicodeDecodeError:
        raise RejectedError(Reason.BAD_FIELD, header, "is not UTF-8") from None
    if "specversion" not in event:
        raise RejectedError(Reason.NOT_A_CLOUDEVENT, "ce_specversion", "is missing")
    event["data"] = read_json(value)
    return event


def _unlabelled(value: bytes) -> dict[str, Any]:
    event = read_json(value, DEEPEST + 1)
    first = event[0] if isinstance(event, list) and event else event
    if not (isinstance(first, dict) and "specversion" in first):
        raise RejectedError(
            Reason.NOT_A_CLOUDEVENT, None, "neither headers nor a JSON object say that it is one"
        )
    return attributes(event)
