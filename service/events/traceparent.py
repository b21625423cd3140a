"""The trace context of an event in: its CloudEvents attribute `traceparent` (W3C Trace Context)."""

import re

import msgspec

NAME = "traceparent"
_FORM = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class _Traced(msgspec.Struct):
    traceparent: str | None = None


_traced = msgspec.json.Decoder(_Traced)


def fit(found: bytes | None) -> bytes | None:
    """Return a `traceparent` of the right form; None otherwise."""
    return found if found is not None and _FORM.fullmatch(found) else None


def in_structured(value: bytes) -> bytes | None:
    """Return the `traceparent` of an accepted event in structured mode; None: none, or of another form."""
    if NAME.encode() not in value:
        return None
    try:
        text = _traced.decode(value).traceparent
    except (msgspec.DecodeError, UnicodeDecodeError):  # some other value under this name
        return None
    return None if text is None else fit(text.encode())
