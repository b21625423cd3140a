"""The years of a calendar, apart from the rest of it: years are published by themselves, and may be added.

A calendar that names years has two parts. Its frame is its content without dates: with `years: []`, so that a
year more changes nothing of it. The frame is part of a policy version and of its hash. The dates of each year
are a record of their own. A calendar without `years` has no parts: its frame is all of its content.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

YEARS = range(1971, 2999)
YEARLY = re.compile(r"[0-9]{2}-[0-9]{2}")  # month and day, of every year
_DATED = ("holidays", "working_days", "hours")


class YearDates(msgspec.Struct, frozen=True):
    """The dates of one year, as texts. Equal for each way to write the same dates into a file."""

    holidays: tuple[str, ...] = ()  # in order, ranges written out
    working_days: Mapping[str, str] = msgspec.field(default_factory=dict)  # date to weekday
    hours: Mapping[str, Any] = msgspec.field(default_factory=dict)  # date to its windows


def read_date(text: str) -> date:
    """Return the date `2026-10-01`. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("is no date; write for example 2026-10-01")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date of the calendar") from None
    if day.year not in YEARS:
        raise ValueError(f"is outside the years {YEARS[0]} to {YEARS[-1]}")
    return day


def read_dates(text: str) -> tuple[date, ...]:
    """Return the dates of `2026-10-01`, or of `2026-10-01..2026-10-07`, both included. Raises ValueError."""
    first, dots, last = text.partition("..")
    begin = read_date(first)
    if not dots:
        return (begin,)
    days = (read_date(last) - begin).days
    if days < 0:
        raise ValueError(f"ends before it begins; write {last}..{first}")
    return tuple(begin + timedelta(days=number) for number in range(days + 1))


def has_years(content: Any) -> bool:
    """True when the content of a calendar file names years, perhaps none: its dates are published by year."""
    return named_years(content) is not None


def named_years(content: Any) -> list[Any] | None:
    """Return the years that the content of a calendar file names; None: it needs none."""
    if not isinstance(content, dict):
        return None
    official = content.get("official")
    named = official.get("years") if isinstance(official, dict) else content.get("years")
    return named if isinstance(named, list) else None


def frame(content: Any) -> Any:
    """Return the content of a valid calendar file without the dates of its years."""
    if not has_years(content):
        return content
    rest = {field: value for field, value in content.items() if field not in _DATED}
    yearly = [text for text in content.get("holidays") or () if YEARLY.fullmatch(text)]
    return _with_years(rest, []) | ({"holidays": yearly} if yearly else {})


def years_of(content: Any) -> dict[int, YearDates]:
    """Return the dates of each year that the content of a valid calendar file names."""
    if not has_years(content):
        return {}
    closed = [text for text in content.get("holidays") or () if not YEARLY.fullmatch(text)]
    days = sorted(day.isoformat() for text in closed for day in read_dates(text))
    return {
        int(year): YearDates(
            tuple(day for day in days if day.startswith(year)),
            *(
                {day: value for day, value in (content.get(field) or {}).items() if day.startswith(year)}
                for field in ("working_days", "hours")
            ),
        )
        for year in named_years(content) or ()
    }


def whole(framed: Any, years: Mapping[int, YearDates]) -> Any:
    """Return the content of a calendar file with this frame and these years."""
    if not has_years(framed):
        return framed
    dates = [years[year] for year in sorted(years)]
    holidays = [*(framed.get("holidays") or ()), *(day for one in dates for day in one.holidays)]
    working_days = {day: value for one in dates for day, value in one.working_days.items()}
    hours = {day: value for one in dates for day, value in one.hours.items()}
    fields = {"holidays": holidays, "working_days": working_days, "hours": hours}
    return _with_years(framed, [str(year) for year in sorted(years)]) | {
        field: value for field, value in fields.items() if value
    }


def _with_years(content: Mapping[str, Any], years: list[str]) -> dict[str, Any]:
    if isinstance(official := content.get("official"), dict):
        return {**content, "official": {**official, "years": years}}
    return {**content, "years": years}
