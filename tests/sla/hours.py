"""Words for calendars in a test: hours of a week, instants as their local time."""

from datetime import datetime

from service.sla.calendar.local_days import WEEKDAYS, LocalDays, Windows
from service.sla.calendar.working_hours import WorkingTime
from service.timezones import zone

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR


def windows(text: str) -> Windows:
    """`9-12 13-18:30` as seconds of the day."""
    parts = [part.split("-") for part in text.split()]
    return tuple((_seconds(since), _seconds(to)) for since, to in parts)


def week(**days: str) -> tuple[Windows, ...]:
    """`mon_fri="9-17"`, `sat="9-12"`: the hours of each weekday."""
    found: dict[str, Windows] = {}
    for names, text in days.items():
        first, *last = names.split("_")
        until = WEEKDAYS.index(last[0] if last else first)
        found |= dict.fromkeys(WEEKDAYS[WEEKDAYS.index(first) : until + 1], windows(text))
    return tuple(found.get(day, ()) for day in WEEKDAYS)


def calendar(in_zone: str, official: range | None = None, **days: str) -> WorkingTime:
    return WorkingTime(LocalDays("desk", zone(in_zone), week(**days), official=official))


def at(working: WorkingTime, text: str) -> int:
    """`2026-02-13 16:00`, the first time that the wall clock shows it, in ms."""
    local = datetime.fromisoformat(text)
    return int(local.replace(tzinfo=working.days.zone).timestamp() * 1000)


def shown(working: WorkingTime, instant: int | None) -> str | None:
    """What the wall clock shows at an instant."""
    if instant is None:
        return None
    text = working.days.local(instant).strftime("%a %Y-%m-%d %H:%M:%S")
    return text if instant % 1000 else text.removesuffix(":00")


def _seconds(text: str) -> int:
    hours, *minutes = text.split(":")
    return int(hours) * 3600 + (int(minutes[0]) * 60 if minutes else 0)
