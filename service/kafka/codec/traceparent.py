"""The trace context of an input record: its CloudEvents attribute `traceparent` (W3C Trace Context)."""

import re

import msgspec

from service.kafka.codec.record import Record

_NAME = "traceparent"
_FORM = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class _Traced(msgspec.Struct):
    traceparent: str | None = None


_traced = msgspec.json.Decoder(_Traced)


def traceparent_of(record: Record) -> bytes | None:
    """The `traceparent` of a record that was accepted as an event; None: none, or one of another form."""
    headers = dict(record.headers)
    found = headers.get(f"ce_{_NAME}") if "ce_specversion" in headers else _in_structured(record.value or b"")
    return found if found is not None and _FORM.fullmatch(found) else None


def _in_structured(value: bytes) -> bytes | None:
    if _NAME.encode() not in value:
        return None
    try:
        text = _traced.decode(value).traceparent
    except (msgspec.DecodeError, UnicodeDecodeError):  # some other value under this name
        return None
    return None if text is None else text.encode()
