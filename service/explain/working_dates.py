"""The dates that count for a target in working days."""

from datetime import date
from functools import lru_cache

from service.sla.calendar.calendar import Calendar
from service.sla.calendar.working_hours import WorkingTime


def working_dates(calendar: Calendar, start: int, count: int) -> list[str]:
    """Return the `count` dates with open hours after the local date of `start` (ms), as `2026-03-02`.

    Fewer where the calendar does not know the years of the others; none around the clock.
    """
    found: list[str] = []
    if not isinstance(calendar, WorkingTime):
        return found
    first = calendar.days.local(start).date()
    for year in range(first.year, calendar.days.years.stop):
        for day in _open_dates(calendar, year):
            if day > first:
                found.append(day.isoformat())
            if len(found) == count:
                return found
    return found


@lru_cache(maxsize=64)
def _open_dates(calendar: WorkingTime, year: int) -> list[date]:
    """Return the dates of a year with open hours; none of a year that the calendar does not know."""
    days = calendar.days
    return [day for day, _ in days.open_days(year)] if year in days.years else []


def zone_of(calendar: Calendar) -> str | None:
    """Return the name of the time zone of a calendar's dates; None around the clock."""
    return str(calendar.days.zone) if isinstance(calendar, WorkingTime) else None
