"""A notice file: the official days of one year, as somebody typed them in from the State Council's notice.

The file follows the sentences of the notice: a holiday, its days off with their total, its make-up days. A
mistake of the typist shows where two of these disagree, so every one of them is checked.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from service.errors import RefusalError
from service.offline.official_days import SEVEN, OfficialDays, festivals, is_of_last_week, package
from service.policy.bad_policies import BadPolicies
from service.policy.calendar_file import parse_year
from service.policy.calendar_years import read_dates
from service.strict_yaml.document import NotReadError, read_document
from service.strict_yaml.place import Place, Problem, shown, suggestion
from service.text.visible import visible

_FIELDS = ("country", "year", "source", "holidays", "make_up_days")
_BREAK = ("days", "total", "working_days")
_CHINESE = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
_NAMES = {**dict(zip(SEVEN, SEVEN, strict=True)), **dict(zip(_CHINESE, SEVEN, strict=True))}
_JOINED = re.compile(r"\s*[、，,]\s*|\s+and\s+")
_NEW_YEAR = SEVEN[0]
_SATURDAY = 5

Found = dict[date, Place]  # each date, and the item of the file that gives it


@dataclass(frozen=True, slots=True)
class _Break:
    """A sentence of the notice: one holiday, or two that are joined."""

    name: str  # as in the file
    place: Place
    holidays: tuple[str, ...]  # of SEVEN
    days: Found
    working_days: Found
    sound: bool  # every date could be read


def notice_of(path: Path, country: str, years: Collection[int]) -> OfficialDays:
    """Return the official days in the file at `path`, which must be of this country and year.

    Raises RefusalError; BadPolicies with every problem of the file.
    """
    file = visible(str(path))
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RefusalError(f"{file}: {error.strerror or error}") from None
    days = read_notice(file, raw)
    if country != days.country:
        raise RefusalError(f"--country {country}: {file} has the official days of {days.country}")
    if {*years} != {*days.years}:
        asked, has = ",".join(map(str, years)), days.years[0]
        raise RefusalError(f"--years {asked}: {file} has the official days of {has}; write --years {has}")
    return days


def read_notice(file: str, raw: bytes) -> OfficialDays:
    """Return the official days in `raw`. `file`: its path, for problems. Raises BadPolicies."""
    try:
        root = read_document(raw)
    except NotReadError as error:
        raise BadPolicies([Problem(file, error.line, error.field, error.reason)]) from None
    place = Place(file, root, "", [])
    given = place.fields(_FIELDS, needed=("country", "year", "holidays", "make_up_days"))
    country = given["country"].one_of(("CN",), "no known country") if "country" in given else None
    year = given["year"].read(parse_year, 0) if "year" in given else 0
    source = given["source"].text() if "source" in given else ""
    breaks = _breaks(given["holidays"], year) if "holidays" in given and year else []
    if "make_up_days" in given and breaks:
        _check_make_up_days(given["make_up_days"], breaks)
    if place.problems:
        raise BadPolicies(sorted(place.problems, key=lambda problem: problem.line or 0))
    assert country is not None, "else it is a problem"
    days = {day: item.name for item in breaks for day in item.days}
    working_days = sorted(chain.from_iterable(item.working_days for item in breaks))
    named = f"{Path(file).name} ({source})" if source else Path(file).name
    in_order = {day: days[day] for day in sorted(days)}
    return OfficialDays(country, (year,), in_order, tuple(working_days), named, whole_breaks=True)


def _breaks(place: Place, year: int) -> list[_Break]:
    """Return the breaks of the year. What no break can say alone is checked here."""
    breaks = [_break(item, name, year) for name, item in place.entries().items()]
    if isinstance(place.node.value, dict):
        _check_the_seven(place, breaks, year)
    _check_each_date_once(breaks)
    return breaks


def _break(place: Place, name: str, year: int) -> _Break:
    """Return the break under this name. Its total must be the number of its days."""
    holidays = tuple(_holidays(place, name))
    given = place.fields(_BREAK, needed=("days", "total"))
    known = len(place.problems)
    days = _dates(given["days"], year, holidays) if "days" in given else {}
    works = given.get("working_days")
    working_days = _dates(works, year, holidays) if works and works.node.value != [] else {}
    sound = len(place.problems) == known and "days" in given
    total = given["total"].read(_count, None) if "total" in given else None
    if total is not None and total != len(days) and sound:
        listed = ", ".join(dict.fromkeys(item.text() for item in days.values()))
        given["total"].wrong(
            f"is {total}, but {listed} is {_counted(len(days))}, weekend days among them; "
            "compare both with the notice"
        )
    for day, item in working_days.items():
        if day.weekday() < _SATURDAY:
            near = _nearest_weekend_day(day)
            hint = f"did you mean {near}, a {near:%A}?"
            item.wrong(f"{day} is a {day:%A}, and make-up days are days of a weekend; {hint}")
    return _Break(name, place, holidays, days, working_days, sound)


def _holidays(place: Place, name: str) -> Iterator[str]:
    """Yield which of the seven holidays a name means."""
    for part in _JOINED.split(name):
        if part in _NAMES:
            yield _NAMES[part]
        else:
            choices = SEVEN if part.isascii() else _CHINESE
            place.wrong(f"{shown(part)} is none of China's seven holidays{suggestion(part, choices)}")


def _dates(place: Place, year: int, holidays: Sequence[str]) -> Found:
    """Return the dates of a list, or of one date or range. They must be of the year, and in order."""
    found: Found = {}
    for item in place.one_or_more():
        days: tuple[date, ...] = item.read(_parse, ())
        before = max(found, default=None)
        if beyond := [day for day in days if not _is_within(day, year, holidays)]:
            item.wrong(_beyond(beyond[0], year))
        elif days and before and days[0] <= before:
            item.wrong(f"{days[0]} stands after {before}; list the dates in order, each once")
        else:
            found |= dict.fromkeys(days, item)
    return found


def _parse(text: str) -> tuple[date, ...]:
    try:
        return read_dates(text)
    except ValueError as error:
        also = ", or 2026-10-01..2026-10-07"
        raise ValueError(f"{error}{also if 'example' in str(error) else ''}") from None


def _is_within(day: date, year: int, holidays: Sequence[str]) -> bool:
    return day.year == year or (_NEW_YEAR in holidays and is_of_last_week(day, year))


def _beyond(day: date, year: int) -> str:
    """Return what is wrong with a date of another year."""
    try:
        hint = f"; did you mean {day.replace(year=year)}?"
    except ValueError:  # 29 February
        hint = ""
    return f"{day} lies outside {year}{hint}"


def _nearest_weekend_day(day: date) -> date:
    near = (day + timedelta(days=away) for away in (-1, 1, -2, 2, -3, 3))
    return next(other for other in near if other.weekday() >= _SATURDAY)


def _check_the_seven(place: Place, breaks: Sequence[_Break], year: int) -> None:
    """Check that each of the seven holidays is there once, and that the day itself is a day off."""
    first: dict[str, _Break] = {}
    itself = festivals(year)
    for item in breaks:
        for holiday in item.holidays:
            other = first.setdefault(holiday, item)
            day = itself.get(holiday)
            if other is not item:
                item.place.wrong(f"{holiday} is given twice, first on line {other.place.node.line}")
            elif item.sound and day and day not in item.days:
                item.place.wrong(
                    f"{holiday} is {day} ({package()}), which is none of its days off; "
                    "compare the dates with the notice"
                )
    missing = [holiday for holiday in SEVEN if holiday not in first]
    all_known = all(len(item.holidays) == len(_JOINED.split(item.name)) for item in breaks)
    if missing and all_known:
        place.wrong(
            f"leaves out {' and '.join(missing)}; where the notice joins two, name both: "
            "“National Day, Mid-Autumn Festival”"
        )


def _check_each_date_once(breaks: Sequence[_Break]) -> None:
    """Check that no date is a day off twice, a make-up day twice, or both."""
    days: dict[date, _Break] = {}
    for item in breaks:
        for day, where in item.days.items():
            other = days.setdefault(day, item)
            if other is not item:
                where.wrong(f"{day} is a day off of {_named(other)}, too; give each date once")
    works: dict[date, _Break] = {}
    for item in breaks:
        for day, where in item.working_days.items():
            other = works.setdefault(day, item)
            if day in days:
                where.wrong(f"{day} is a day off of {_named(days[day])}, too; it cannot be both")
            elif other is not item:
                where.wrong(f"{day} is a make-up day of {_named(other)}, too; give each date once")


def _check_make_up_days(place: Place, breaks: Sequence[_Break]) -> None:
    """Check the number of all make-up days, unless a date could not be read."""
    stated = place.read(_count, None)
    found = sorted(chain.from_iterable(item.working_days for item in breaks))
    if stated is not None and stated != len(found) and all(item.sound for item in breaks):
        listed = f": {', '.join(map(str, found))}" if found else ""
        place.wrong(
            f"is {stated}, but working_days above are {len(found)}{listed}; compare them with the notice"
        )


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise ValueError("is no number of days; write for example 7")
    return int(text)


def _named(item: _Break) -> str:
    return f"{item.name} (line {item.place.node.line})"


def _counted(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
