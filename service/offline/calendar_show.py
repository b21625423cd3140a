"""`calendar show`: the working stretches of a calendar, day by day, and their sum."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TextIO

from schemas.instant import milliseconds
from service.errors import RefusalError
from service.policy.directory import read_calendar_at
from service.sla.calendar.calendar import Stretch
from service.sla.calendar.duration import duration_text
from service.sla.calendar.local_days import WEEKDAYS, LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.text.visible import visible

_MOST_DAYS = 366 * 10


@dataclass(frozen=True, slots=True)
class _Day:
    date: date
    stretches: list[Stretch]
    note: str


def show(path: Path, since: date | datetime, to: date | datetime, out: TextIO) -> int:
    """Print the days from `since` to `to` in local time. Return the exit code.

    `to` as a date is included. Raises RefusalError for an invalid file or period, and YearUnknown.
    """
    calendar = read_calendar_at(path).calendar
    assert isinstance(calendar, WorkingTime), "a file has opening hours"
    days = calendar.days
    start, end = _instant(days, since, whole=False), _instant(days, to, whole=True)
    if start >= end:
        raise RefusalError("--to must be later than --from")
    if end - start > _MOST_DAYS * 86_400_000:
        raise RefusalError(f"--to is more than {_MOST_DAYS} days after --from")
    shown = list(_days(calendar, start, end))
    width = max(len(_hours(days, day)) for day in shown)
    out.write(visible(_heading(days)) + "\n\n")
    for day in shown:
        cells = f"{day.date} {WEEKDAYS[day.date.weekday()]}  {_hours(days, day).ljust(width)}"
        out.write(f"{cells}  {_sum([day]).rjust(6)}  {day.note}".rstrip() + "\n")
    working = sum(1 for day in shown if day.stretches)
    count = sum(len(day.stretches) for day in shown)
    out.write(f"\n{len(shown)} days, {working} working days, {count} stretches, {_sum(shown)}\n")
    return 0


def _instant(days: LocalDays, moment: date | datetime, *, whole: bool) -> int:
    if isinstance(moment, datetime):
        return milliseconds(moment)
    return days.instant(moment + timedelta(days=1) if whole else moment, 0)


def _heading(days: LocalDays) -> str:
    whose = "official days of" if days.country else "days of its own for"
    official = f"{whose} {days.years[0]} to {days.years[-1]}" if days.official else "no official days"
    return f"calendar {days.name} · {days.zone} · {official}"


def _days(calendar: WorkingTime, start: int, end: int) -> Iterator[_Day]:
    day, days = calendar.days.local(start).date(), calendar.days
    while (begin := days.instant(day, 0)) < end:
        tomorrow = day + timedelta(days=1)
        until = days.instant(tomorrow, 0)
        stretches = calendar.open_between(max(begin, start), min(until, end))
        yield _Day(day, stretches, _note(days, day, until - begin))
        day = tomorrow


def _note(days: LocalDays, day: date, length: int) -> str:
    if length == 0:
        return "the zone skips this date"
    weekday = (days.working_days or {}).get(day)
    notes = []
    if day in (days.hours or {}):
        notes.append("hours of its own")
    elif day in days.holidays or (weekday is None and (day.month, day.day) in days.yearly):
        notes.append("holiday")
    elif weekday is not None:
        notes.append(f"works as {WEEKDAYS[weekday]}")
    notes += [f"the day has {duration_text(length)}"] if length != 86_400_000 else []
    return ", ".join(notes)


def _hours(days: LocalDays, day: _Day) -> str:
    def written(instant: int) -> str:
        local = days.local(instant)
        if local.date() > day.date:
            return "24:00"
        return local.strftime("%H:%M:%S" if local.second else "%H:%M")

    return " ".join(f"{written(since)}–{written(to)}" for since, to in day.stretches) or "closed"


def _sum(days: list[_Day]) -> str:
    return duration_text(sum(to - since for day in days for since, to in day.stretches))
