"""Reader of one calendar file: from its bytes to the calendar that policies name."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches

from service.policy.document import NotReadError, content, read_document
from service.policy.opening_hours import read_windows
from service.policy.place import BadPolicies, Place, Problem, shown
from service.policy.policy_file import BUILT_IN, NamedCalendar
from service.sla.calendar.local_days import WEEKDAYS, LocalDays, Windows
from service.sla.calendar.working_hours import WorkingTime
from service.timezones import zone, zone_names

_FIELDS = ("calendar", "timezone", "week", "holidays", "working_days", "official")
_YEARS = range(1971, 2999)


def read_calendar(file: str, raw: bytes, stem: str) -> NamedCalendar:
    """Return the calendar in `raw`. `stem`: the file's name without its suffix. Raises BadPolicies."""
    try:
        root = read_document(raw)
    except NotReadError as error:
        raise BadPolicies([Problem(file, error.line, error.field, error.reason)]) from None
    place = Place(file, root, "", [])
    days = _local_days(place, stem)
    if place.problems or days is None:
        raise BadPolicies(sorted(place.problems, key=lambda problem: problem.line or 0))
    return NamedCalendar(WorkingTime(days), content(root))


def _local_days(place: Place, stem: str) -> LocalDays | None:
    given = place.fields(_FIELDS, needed=("calendar", "timezone", "week"))
    if "calendar" in given:
        _name(given["calendar"], stem)
    in_zone = _zone(given["timezone"]) if "timezone" in given else ""
    week = _week(given["week"]) if "week" in given else ()
    holidays = _holidays(given["holidays"]) if "holidays" in given else frozenset()
    working_days = _working_days(given["working_days"], week, holidays) if "working_days" in given else {}
    official = _official(given["official"]) if "official" in given else None
    if place.problems:
        return None
    return LocalDays(stem, zone(in_zone), week, holidays, working_days, official)


def _name(place: Place, stem: str) -> None:
    found = place.name()
    if found in BUILT_IN:
        place.wrong(f"the name {found} is taken by the calendar around the clock")
    elif found and found != stem:
        place.wrong(f"{shown(found)} must have the name of its file, {stem}")


def _zone(place: Place) -> str:
    text = place.text()
    if text and text not in zone_names():
        near = get_close_matches(text[:64], zone_names(), n=1)
        hint = f"did you mean {near[0]}?" if near else "write for example Asia/Shanghai"
        place.wrong(f"{shown(text)} is no IANA time zone; {hint}")
    return text


def _week(place: Place) -> tuple[Windows, ...]:
    before = len(place.problems)
    given = place.fields(WEEKDAYS)
    week = tuple(read_windows(given[day]) if day in given else () for day in WEEKDAYS)
    if not any(week) and len(place.problems) == before:
        place.wrong(
            'has no open hours, so no time would ever pass; write for example mon: [["09:00", "17:00"]]'
        )
    return week


def _holidays(place: Place) -> frozenset[date]:
    found: set[date] = set()
    for item in place.items():
        day = item.read(_date, None)
        if day in found:
            item.wrong(f"{shown(item.text())} is given twice")
        elif day:
            found.add(day)
    return frozenset(found)


def _working_days(place: Place, week: Sequence[Windows], holidays: frozenset[date]) -> Mapping[date, int]:
    found: dict[date, int] = {}
    for key, item in place.entries().items():
        try:
            day = _date(key)
        except ValueError as error:
            item.wrong(f"{shown(key)} {error}")
            continue
        weekday = item.one_of(WEEKDAYS, "no day of the week")
        if day in holidays:
            item.wrong(f"{key} is among the holidays, too; it cannot be both")
        if weekday:
            found[day] = WEEKDAYS.index(weekday)
            if week and not week[found[day]]:
                item.wrong(f"{weekday} has no open hours in week; name a day that works")
    return found


def _official(place: Place) -> range | None:
    given = place.fields(("country", "years"), needed=("country", "years"))
    if "country" in given:
        given["country"].read(_country, "")
    items = given["years"].items() if "years" in given else []
    years = sorted({item.read(_year, 0) for item in items})
    if "years" in given and given["years"].node.value == []:
        given["years"].wrong("must name at least one year")
    if not years or 0 in years:
        return None
    found = range(years[0], years[-1] + 1)
    if len(found) > len(years):
        missing = next(year for year in found if year not in years)
        given["years"].wrong(f"leaves out {missing}; years must follow one another")
    return found


def _date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("is no date; write for example 2026-10-01")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no date of the calendar") from None
    if day.year not in _YEARS:
        raise ValueError(f"is outside the years {_YEARS[0]} to {_YEARS[-1]}")
    return day


def _year(text: str) -> int:
    if not re.fullmatch(r"[0-9]{4}", text) or int(text) not in _YEARS:
        raise ValueError(f"is no year from {_YEARS[0]} to {_YEARS[-1]}")
    return int(text)


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError("is no country code of two capital letters; write for example CN")
    return text
