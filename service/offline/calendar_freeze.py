"""`calendar freeze`: writes years of official days into a calendar file, beside the years that it has.

The file is written only when a year is new, and only when the result is a valid calendar.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

from service.errors import RefusalError
from service.offline.calendar_text import YearOfDays, with_year, written_years
from service.offline.calendar_years import (
    CalendarFile,
    calendar_file,
    check,
    left_out,
    listed,
    moved,
    of_years,
)
from service.offline.official_days import OfficialDays
from service.policy.bad_policies import BadPolicies
from service.policy.calendar_file import read_calendar
from service.strict_yaml.place import Problem
from service.text.visible import visible
from service.whole_file import whole_file

_SATURDAY = 5
# The law gives 13 days since 2025; they are the weekdays off less the make-up days.
_BY_LAW, _SINCE = 13, 2025


def freeze(days: OfficialDays, path: Path | None, weekday: str, out: TextIO) -> int:
    """Write the days into the file, or to `out` without a file. Return the exit code. Raises RefusalError.

    Make-up days work as `weekday` (`mon` … `sun`), as the official notices name no weekday. Exit code 1:
    these days move a day of the year before, and the file has it otherwise.
    """
    years = [_year(days, year, weekday) for year in days.years]
    if path is None:
        out.write(written_years(years))
        out.writelines(f"# {line}\n" for line in _left_out(None, days))
        return 0
    name = visible(str(path))
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RefusalError(f"{name}: {error.strerror}") from None
    file = calendar_file(name, raw, path.stem)
    check(file, days, weekday)
    added = [_added(file, year) for year in years if year.year not in file.years]
    if added:
        text = raw.decode("utf-8-sig")
        for year in added:
            text = with_year(name, text, year)
        _check_result(file, path.stem, text, [year.year for year in added])
        with whole_file(path) as written:
            written.write((BOM_UTF8 if raw.startswith(BOM_UTF8) else b"") + text.encode())
    findings = moved(file, days, weekday)
    for line in (*_said(file, days, added), *_left_out(file, days), *findings):
        print(visible(line), file=out)
    return 1 if findings else 0


def _year(days: OfficialDays, year: int, weekday: str) -> YearOfDays:
    breaks = "" if days.whole_breaks else "; weekend days of a break are closed by the week"
    holidays = {day: visible(days.holidays[day]) for day in of_years(days.holidays, [year])}
    works = dict.fromkeys(of_years(days.working_days, [year]), weekday)
    return YearOfDays(year, days.country, f"{visible(days.source)}{breaks}", holidays, works)


def _added(file: CalendarFile, year: YearOfDays) -> YearOfDays:
    """Return what of a year the file does not say yet: days of its own stay as they are."""
    closed, works = file.days.holidays, file.days.working_days or {}
    return replace(
        year,
        holidays={day: name for day, name in year.holidays.items() if day not in closed},
        working_days={day: like for day, like in year.working_days.items() if day not in works},
    )


def _check_result(file: CalendarFile, stem: str, text: str, years: Sequence[int]) -> None:
    """Check the text that is to be written. No file has its lines yet, so no line is named."""
    try:
        read_calendar(file.name, text.encode(), stem)
    except BadPolicies as bad:
        first = bad.problems[0]
        reason = f"{first.reason}, once {listed(years)} is frozen; nothing was written"
        raise BadPolicies([Problem(file.name, None, first.field, reason)]) from None


def _said(file: CalendarFile, days: OfficialDays, added: Sequence[YearOfDays]) -> Iterator[str]:
    """Yield what was written, to be compared with the notice, and what comes next."""
    for year in days.years:
        if year in file.years:
            yield f"{file.name}: {year} is there already, with the days of {days.source}; nothing was changed"
    for one in added:
        counted = f"{len(one.holidays)} days off, {len(one.working_days)} make-up days"
        yield f"{file.name}: {one.year} added, {counted}, from {days.source}"
        yield from _rows(one)
        if one.year >= _SINCE and one.country == "CN":
            yield _by_law(days, one.year)
    if added:
        yield "next: compare the days with the notice, then run sla-timer policies publish"


def _rows(year: YearOfDays) -> Iterator[str]:
    """Yield a line for each run of days off with one name, and for each make-up day, by date."""
    works = ((day, day, f"works as {like}") for day, like in year.working_days.items())
    for first, last, name in sorted([*_runs(year), *works]):
        dates = str(first) if first == last else f"{first}..{last}"
        days = f"{first:%a}" if first == last else f"{first:%a}–{last:%a}"
        yield f"  {dates.ljust(22)}  {days.ljust(7)}  {name}"


def _runs(year: YearOfDays) -> Iterator[tuple[date, date, str]]:
    """Yield the first and last of days off that follow one another under one name, and the name."""
    run: list[date] = []
    for day, name in sorted(year.holidays.items()):
        if run and (day != run[-1] + timedelta(days=1) or name != year.holidays[run[-1]]):
            yield run[0], run[-1], year.holidays[run[-1]]
            run = []
        run.append(day)
    if run:
        yield run[0], run[-1], year.holidays[run[-1]]


def _by_law(days: OfficialDays, year: int) -> str:
    """Return the sum by which a day too many or too few shows."""
    off = sum(1 for day in of_years(days.holidays, [year]) if day.weekday() < _SATURDAY)
    works = sum(1 for _ in of_years(days.working_days, [year]))
    total = f"{off} weekdays off less {works} make-up days: {off - works}"
    if off - works == _BY_LAW:
        return f"  {total}, as by the law since {_SINCE}"
    return f"  note: {total}; by the law since {_SINCE} it is {_BY_LAW}: look for a day too many or too few"


def _left_out(file: CalendarFile | None, days: OfficialDays) -> Iterator[str]:
    if left := left_out(file, days):
        year = left[0].year
        named = ", ".join(map(str, left))
        yield f"{named} by {days.source}: left out, as {year} is not among the years of the calendar"
