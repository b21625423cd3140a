"""Instants in events: RFC 3339 with an offset, truncated to milliseconds."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?"
)


def read(text: object) -> datetime:
    """Return the aware instant that `text` names, truncated to ms. A datetime is taken as the instant.

    Raises PydanticCustomError, of type `time_without_offset` when only the offset is missing.
    """
    if isinstance(text, datetime):
        instant = text
    elif isinstance(text, str) and _RFC_3339.fullmatch(text):
        try:
            # Python accepts no `z`. A leap second does not match the pattern, 30 February does.
            instant = datetime.fromisoformat(text.upper() if text[-1] == "z" else text)
        except ValueError:
            raise PydanticCustomError("bad_instant", "is no date of the calendar") from None
    else:
        raise PydanticCustomError("bad_instant", "is not an RFC 3339 date and time")
    if instant.tzinfo is None:
        raise PydanticCustomError("time_without_offset", "has no offset from UTC")
    beyond = instant.microsecond % 1000
    return instant.replace(microsecond=instant.microsecond - beyond) if beyond else instant


def milliseconds(instant: datetime) -> int:
    """Return the milliseconds since the epoch of an aware instant."""
    since = instant - EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def read_milliseconds(text: str) -> int | None:
    """Return the milliseconds since the epoch of the instant `read(text)`; None where `read` raises."""
    if len(text) in _WITH_MS and text[19] == "." and text[23] in "Z+-" and text[20:23].isdigit():
        second = _second(text[:19] + text[23:])
        return None if second is None or not text.isascii() else second + int(text[20:23])
    return _second(text) if len(text) in _WITHOUT else _milliseconds(text)


_WITHOUT = {len("2026-03-02T01:01:00Z"), len("2026-03-02T09:01:00+08:00")}
_WITH_MS = {len("2026-03-02T01:01:00.250Z"), len("2026-03-02T09:01:00.250+08:00")}


def _milliseconds(text: str) -> int | None:
    try:
        return milliseconds(read(text))
    except PydanticCustomError:
        return None


_second = lru_cache(maxsize=4096)(_milliseconds)  # events lie close together: many share a second


_FRACTIONS = tuple(f".{fraction:03d}Z" for fraction in range(1000))


def written(milliseconds: int) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.mmmZ`. Raises OverflowError outside the years 1 to 9999."""
    return _to_the_second(milliseconds // 1000) + _FRACTIONS[milliseconds % 1000]


@lru_cache(maxsize=4096)  # facts that are announced together often share a second
def _to_the_second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()


Instant = Annotated[
    datetime,
    PlainValidator(read),
    PlainSerializer(lambda instant: written(milliseconds(instant)), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
