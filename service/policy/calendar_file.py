"""Reader of one calendar file: from its bytes to the calendar that policies name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from service.policy.bad_policies import BadPolicies
from service.policy.calendar_years import YEARLY, YEARS, read_date, read_dates
from service.policy.named_calendar import BUILT_IN, NamedCalendar
from service.policy.opening_hours import read_windows
from service.policy.zone import read_zone
from service.sla.calendar.local_days import WEEKDAYS, LocalDays, MonthDay, Windows
from service.sla.calendar.working_hours import WorkingTime
from service.strict_yaml.document import NotReadError, YamlNode, content, node_of, read_document
from service.strict_yaml.place import Place, Problem, shown
from service.timezones import zone

CALENDAR = ("calendar", "timezone", "week", "holidays", "working_days", "hours", "official", "years")


def read_calendar(file: str, raw: bytes, stem: str) -> NamedCalendar:
    """Return the calendar in `raw`. `stem`: the file's name without its suffix. Raises BadPolicies."""
    try:
        root = read_document(raw)
    except NotReadError as error:
        raise BadPolicies([Problem(file, error.line, error.field, error.reason)]) from None
    return _calendar(file, root, stem)


def read_calendar_content(file: str, said: Any, stem: str) -> NamedCalendar:
    """Return the calendar whose file has the content `said`. Raises BadPolicies."""
    try:
        root = node_of(said)
    except NotReadError as error:
        raise BadPolicies([Problem(file, None, None, error.reason)]) from None
    return _calendar(file, root, stem)


def _calendar(file: str, root: YamlNode, stem: str) -> NamedCalendar:
    place = Place(file, root, "", [])
    days = _local_days(place, stem)
    if place.problems or days is None:
        raise BadPolicies(sorted(place.problems, key=lambda problem: problem.line or 0))
    lines = {field: found.node.line for field, found in place.entries().items()}
    return NamedCalendar(WorkingTime(days), content(root), file, lines)


def _local_days(place: Place, stem: str) -> LocalDays | None:
    given = place.fields(CALENDAR, needed=("calendar", "timezone", "week"))
    if "calendar" in given:
        _name(given["calendar"], stem)
    in_zone = read_zone(given["timezone"]) if "timezone" in given else ""
    week = _week(given["week"]) if "week" in given else ()
    holidays, yearly = _holidays(given["holidays"]) if "holidays" in given else (frozenset(), frozenset())
    working_days = _working_days(given["working_days"], week, holidays) if "working_days" in given else {}
    hours = _hours(given["hours"]) if "hours" in given else {}
    years = _known_years(given)
    if years:
        for field, days in (("holidays", holidays), ("working_days", working_days), ("hours", hours)):
            if beyond := sorted(day for day in days if day.year not in years):
                given[field].wrong(f"{beyond[0]} lies outside the years of this calendar")
    if place.problems:
        return None
    return LocalDays(
        stem, zone(in_zone), week, holidays, working_days, years, hours, yearly, country="years" not in given
    )


def _name(place: Place, stem: str) -> None:
    found = place.name()
    if found in BUILT_IN:
        place.wrong(f"the name {found} is taken by the calendar around the clock")
    elif found and found != stem:
        place.wrong(f"{shown(found)} must have the name of its file, {stem}")


def _week(place: Place) -> tuple[Windows, ...]:
    before = len(place.problems)
    given = place.fields(WEEKDAYS)
    week = tuple(read_windows(given[day]) if day in given else () for day in WEEKDAYS)
    if not any(week) and len(place.problems) == before:
        place.wrong(
            'has no open hours, so no time would ever pass; write for example mon: [["09:00", "17:00"]]'
        )
    return week


def _holidays(place: Place) -> tuple[frozenset[date], frozenset[MonthDay]]:
    """Return the closed dates, and the days of every year that are closed."""
    found: set[date] = set()
    yearly: set[MonthDay] = set()
    for item in place.items():
        text = item.text()
        if YEARLY.fullmatch(text):
            day = item.read(_month_day, None)
            if day in yearly:
                item.wrong(f"{shown(text)} is given twice")
            yearly |= {day} if day else set()
            continue
        days: tuple[date, ...] = item.read(_closed, ())
        if twice := sorted(found.intersection(days)):
            item.wrong(f"{shown(str(twice[0]))} is given twice")
        found.update(days)
    return frozenset(found), frozenset(yearly)


def _hours(place: Place) -> Mapping[date, Windows]:
    """Return the dates with windows of their own."""
    found: dict[date, Windows] = {}
    for day, item in _by_date(place):
        found[day] = read_windows(item)
        if item.node.value == []:
            item.wrong("must have a window; a closed date stands in holidays")
    return found


def _working_days(place: Place, week: Sequence[Windows], holidays: frozenset[date]) -> Mapping[date, int]:
    found: dict[date, int] = {}
    for day, item in _by_date(place):
        weekday = item.one_of(WEEKDAYS, "no day of the week")
        if day in holidays:
            item.wrong(f"{day} is among the holidays, too; it cannot be both")
        if weekday:
            found[day] = WEEKDAYS.index(weekday)
            if week and not week[found[day]]:
                item.wrong(f"{weekday} has no open hours in week; name a day that works")
    return found


def _by_date(place: Place) -> Iterator[tuple[date, Place]]:
    """Yield the entries of a mapping whose names are dates; a name that is none becomes a problem."""
    for key, item in place.entries().items():
        try:
            day = read_date(key)
        except ValueError as error:
            item.wrong(f"{shown(key)} {error}")
        else:
            yield day, item


def _known_years(given: Mapping[str, Place]) -> range | None:
    """Return the years of the calendar, from `official` or `years`; None: it needs none."""
    if "official" not in given:
        return _year_range(given["years"]) if "years" in given else None
    if "years" in given:
        given["years"].wrong("stands in official; leave it out here")
    official = given["official"].fields(("country", "years"), needed=("country", "years"))
    if "country" in official:
        official["country"].read(_country, "")
    return _year_range(official["years"]) if "years" in official else None


def _year_range(place: Place) -> range | None:
    years = sorted({item.read(parse_year, 0) for item in place.items()})
    if place.node.value == []:
        place.wrong("must name at least one year")
    if not years or 0 in years:
        return None
    found = range(years[0], years[-1] + 1)
    if len(found) > len(years):
        missing = next(year for year in found if year not in years)
        place.wrong(f"leaves out {missing}; years must follow one another")
    return found


def _closed(text: str) -> tuple[date, ...]:
    try:
        return read_dates(text)
    except ValueError as error:
        also = ", 2026-10-01..2026-10-07, or 12-25 for every year"
        raise ValueError(f"{error}{also if 'example' in str(error) else ''}") from None


def _month_day(text: str) -> MonthDay:
    month, day = map(int, text.split("-"))
    try:
        date(2024, month, day)  # a leap year: February 29 is closed in such years
    except ValueError:
        raise ValueError("is no day of the year") from None
    return month, day


def parse_year(text: str) -> int:
    """Return the year in `text`, of four digits. Raises ValueError."""
    if not re.fullmatch(r"[0-9]{4}", text) or int(text) not in YEARS:
        raise ValueError(f"is no year from {YEARS[0]} to {YEARS[-1]}")
    return int(text)


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError("is no country code of two capital letters; write for example CN")
    return text
