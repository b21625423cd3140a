"""Instants as help desks write them: texts in several formats, numbers, times without a zone.

How it works: a field has one or several formats, tried in order. A format reads a text into an instant or
into a local time; a local time needs the zone of the file. A text that is no time in any format is an error,
and so are a zone that nobody knows and a date without a time, unless the file says what they mean.

What must never happen: an instant is guessed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache

from schemas.instant import milliseconds
from service.mapping.context import Context
from service.mapping.expression import Expression, ValueTypeError
from service.mapping.scalar import is_empty, text_of
from service.timezones import zone_or_offset

_LONGEST = 64  # characters of a time
RFC_3339, UNIX_S, UNIX_MS, EXCEL = "rfc3339", "unix_s", "unix_ms", "excel"
_NAMED = {
    RFC_3339: "a date and time such as 2026-03-02T09:00:00+08:00",
    UNIX_S: "a number of seconds since 1970",
    UNIX_MS: "a number of milliseconds since 1970",
    EXCEL: "a serial number of a spreadsheet",
}
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(\.\d+)?)?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?", re.ASCII
)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_ZONE_AT_END = re.compile(r"[ ]*([A-Za-z][A-Za-z0-9_+/-]*|[+-]\d\d(?::?\d\d)?)$", re.ASCII)
_HAS_TIME = re.compile(r"%[HIcXTs]")
_FIRST_SERIAL_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 (serial numbers are local times)
UNITS = {"seconds": 1000, "minutes": 60_000, "hours": 3_600_000}

Wall = tuple[datetime, bool]  # a time that may have a zone, and whether the text had a time of day


class UnreadableTimeError(ValueError):
    """A text that is no time in a format."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format, by its name in the file or as strptime writes it."""

    name: str

    def __post_init__(self) -> None:
        """Raise ValueError, with the end of a sentence that begins with the name, for no format."""
        if self.name in _NAMED:
            return
        if "%s" in self.name:
            raise ValueError(f"has %s; write {UNIX_S} or {UNIX_MS}")
        if "%" not in self.name:
            raise ValueError(
                f"is no format: it is one of {', '.join(_NAMED)}, or as strptime writes it, %d.%m.%Y %H:%M"
            )
        if "%Z" in self.name.removesuffix("%Z"):
            raise ValueError("has %Z elsewhere than at its end")
        try:
            wanted = self.name.removesuffix("%Z")
            datetime.strptime(datetime(2026, 3, 2, tzinfo=UTC).strftime(wanted), wanted)  # noqa: DTZ007
        except ValueError:
            raise ValueError("is no format of strptime") from None

    @property
    def has_time(self) -> bool:
        """True when texts of this format can have a time of day."""
        return self.name in _NAMED or _HAS_TIME.search(self.name) is not None

    def read(self, text: str, *, number: bool) -> Wall:
        """Return the time in `text`. `number`: it was a number. Raises UnreadableTimeError."""
        found = _read(self, text, number)
        if found is None:
            raise UnreadableTimeError
        return found

    def unkept(self, text: str, *, number: bool) -> Wall:
        """Return the time in `text`, as `read` keeps it. Raises whatever reading it raises."""
        if self.name == RFC_3339:
            if number:
                raise UnreadableTimeError
            return _rfc_3339(text)
        if self.name in _NAMED:
            if not _NUMBER.fullmatch(text):
                raise UnreadableTimeError
            return _NUMBERS[self.name](Decimal(text)), True
        if self.name.endswith("%Z"):
            found = _ZONE_AT_END.search(text)
            if not found:
                raise UnreadableTimeError
            read = datetime.strptime(text[: found.start()], self.name[:-2].rstrip())  # noqa: DTZ007
            return read.replace(tzinfo=_zone_in_text(found[1])), self.has_time
        return datetime.strptime(text, self.name), self.has_time  # noqa: DTZ007

    def __str__(self) -> str:
        return _NAMED.get(self.name, self.name)


@lru_cache(maxsize=1024)  # several events of a delivery, and all rules of a row, share a time
def _read(by: Format, text: str, number: bool) -> Wall | None:  # noqa: FBT001
    try:
        return by.unkept(text, number=number)
    except (ValueError, OverflowError, InvalidOperation, KeyError):
        return None


def _rfc_3339(text: str) -> Wall:
    found = _RFC_3339.fullmatch(text)
    if not found:
        raise UnreadableTimeError
    day, time, fraction, offset = found.groups()
    if time is None and offset:
        raise UnreadableTimeError
    if offset in ("Z", "z"):
        offset = "+00:00"
    read = datetime.fromisoformat(f"{day}T{time or '00:00'}{(fraction or '')[:7]}{offset or ''}")
    return read, time is not None


def _unix(seconds: Decimal) -> datetime:
    # Milliseconds, cut: a float such as 1772413200.123 has more digits than it means.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int((seconds * 1000) // 1))


def _serial(days: Decimal) -> datetime:
    if days < 61:  # before 1 March 1900, spreadsheets disagree
        raise UnreadableTimeError
    return _FIRST_SERIAL_DAY + timedelta(milliseconds=int((days * 86_400_000).to_integral_value()))


_NUMBERS: dict[str, Callable[[Decimal], datetime]] = {
    UNIX_S: _unix,
    UNIX_MS: lambda number: _unix(number / 1000),
    EXCEL: _serial,
}


@cache
def _known_zone(name: str) -> tzinfo:
    return zone_or_offset(name)


def _zone_in_text(name: str) -> tzinfo:
    """Return the zone that a text names. Raises KeyError or ValueError for any other word."""
    if name in ("UTC", "GMT", "Z", "z"):
        return UTC
    if name[0] in "+-":
        return datetime.fromisoformat(f"2000-01-01T00:00:00{name}").tzinfo or UTC
    if "/" not in name:  # EST or CST are names of several offsets
        raise UnreadableTimeError
    return _known_zone(name)


@dataclass(frozen=True, slots=True)
class Moment:
    """Where an instant comes from, and how it is written there."""

    expressions: Sequence[Expression]
    formats: Sequence[Format] = (Format(RFC_3339),)
    zone: tzinfo | None = None  # of times without an offset
    cut_ms: int = 1
    none: frozenset[str] = frozenset()  # texts that mean: no instant
    empty_is_none: bool = False  # a missing value means: no instant
    date_at_ms: int | None = None  # what a date without a time means, from its midnight
    plus: tuple[Expression, int] | None = None  # a number, and its unit in ms

    def read(self, field: str, context: Context) -> int | None:
        """Return the instant in ms, None for no instant. Raises UnmappableError."""
        value = self._first(field, context)
        text = text_of(value)
        if text is not None and text.strip() in self.none:
            return None
        if is_empty(value):
            if self.empty_is_none:
                return None
            raise context.unmappable(field, "is missing")
        if text is None or isinstance(value, bool):
            raise context.unmappable(field, "is no text or number", value)
        instant = self._instant(field, text.strip(), context, number=not isinstance(value, str))
        if self.plus is None:
            return instant // self.cut_ms * self.cut_ms
        after = self._after(field, context, *self.plus)
        return None if after is None else (instant + after) // self.cut_ms * self.cut_ms

    def _first(self, field: str, context: Context) -> object:
        for expression in self.expressions:
            try:
                value = context.read(expression)
            except ValueTypeError as error:
                if expression is self.expressions[-1] and not self.empty_is_none:
                    raise context.unmappable(field, f"{expression.text}: {error}") from None
                continue
            if not is_empty(value):
                return value
        return None

    def _instant(self, field: str, text: str, context: Context, *, number: bool) -> int:
        if len(text) <= _LONGEST:
            for one in self.formats:
                try:
                    read, has_time = one.read(text, number=number)
                except UnreadableTimeError:
                    continue
                return self._placed(read, field, text, context, has_time=has_time)
        wanted = " or ".join(map(str, self.formats))
        raise context.unmappable(field, f"is not {wanted}", text)

    def _placed(self, read: datetime, field: str, text: str, context: Context, *, has_time: bool) -> int:
        try:
            if not has_time:
                if self.date_at_ms is None:
                    raise context.unmappable(
                        field, "is a date without a time, and no date_at says when", text
                    )
                read += timedelta(milliseconds=self.date_at_ms)
            if read.tzinfo is None:
                if self.zone is None:
                    raise context.unmappable(field, "has no offset, and no zone says which it is", text)
                # Of a time that exists twice, fold 0 is the first; one that does not exist moves forward.
                read = read.replace(tzinfo=self.zone, fold=0)
            return milliseconds(read)
        except OverflowError:
            raise context.unmappable(field, "is outside the years that can be handled", text) from None

    def _after(self, field: str, context: Context, expression: Expression, unit: int) -> int | None:
        value = context.read_or_none(expression)
        text = text_of(value)
        if is_empty(value):
            if self.empty_is_none:
                return None
            raise context.unmappable(field, f"{expression.text} is missing")
        if text is None or isinstance(value, bool) or not _NUMBER.fullmatch(text.strip()):
            raise context.unmappable(field, f"{expression.text} is no number", value)
        return int(Decimal(text.strip()) * unit // 1)
