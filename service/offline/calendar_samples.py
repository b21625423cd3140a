"""Sample receipts that show the effect of a calendar: an hour before a weekend, a holiday, and so on."""

from collections.abc import Iterator
from datetime import date, timedelta

from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime

_HOUR_MS = 3_600_000
_FAR = timedelta(days=400)

Sample = tuple[str, int]  # the kind of the next day, and an instant in ms


def samples(calendar: WorkingTime, start: int) -> list[Sample]:
    """Return for each kind of day the first within 400 days after `start` (ms) that follows a working day."""
    days = calendar.days
    first: dict[str, int] = {}
    for before, day in _after_work(days, start):
        for kind in _kinds(days, day):
            if kind not in first:
                windows = days.windows(before)
                first[kind] = max(days.instant(before, windows[-1][1]) - _HOUR_MS, start)
    return list(first.items())


def _after_work(days: LocalDays, start: int) -> Iterator[tuple[date, date]]:
    """Yield each date, with the last working day before it first."""
    day = days.local(start).date()
    far, work = day + _FAR, day if days.windows(day) else None
    while (day := day + timedelta(days=1)) < far and day.year in days.years:
        if work:
            yield work, day
        if days.windows(day):
            work = day


def _kinds(days: LocalDays, day: date) -> Iterator[str]:
    if day in days.holidays:
        if days.week[day.weekday()]:
            yield "a holiday"
    elif day in (days.working_days or {}):
        yield "a make-up day"
    elif not days.windows(day):
        yield "a weekend"
    if days.instant(day + timedelta(days=1), 0) - days.instant(day, 0) != 24 * _HOUR_MS:
        yield "a shift of the clocks"
