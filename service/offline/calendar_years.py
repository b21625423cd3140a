"""The years that a calendar file has, held against official days: what may be added, and what differs.

A year that is there is never changed: it may be published, and then it stays as it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from service.offline.calendar_text import official_years
from service.offline.official_days import OfficialDays
from service.policy.bad_policies import BadPolicies
from service.policy.calendar_file import read_calendar
from service.sla.calendar.local_days import WEEKDAYS, LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.strict_yaml.document import YamlNode, read_document
from service.strict_yaml.place import Problem

_MOST_NAMED = 6  # differing dates that a refusal names
_OTHER_NAME = "a year that is there is never changed; what it should be instead is a calendar of another name"


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A valid calendar file, as it is before anything is written."""

    name: str
    root: YamlNode
    days: LocalDays
    years: tuple[int, ...]  # of `official`

    def problem(self, field: str, reason: str) -> BadPolicies:
        """Return the refusal that names a field of the file, and its line."""
        fields = self.root.value if isinstance(self.root.value, dict) else {}
        return BadPolicies([Problem(self.name, fields[field].line, field, reason)])


def calendar_file(name: str, raw: bytes, stem: str) -> CalendarFile:
    """Return the calendar file in `raw`. `stem`: the file's name without its suffix. Raises BadPolicies."""
    calendar = read_calendar(name, raw, stem).calendar
    assert isinstance(calendar, WorkingTime), "a file has opening hours"
    root = read_document(raw)
    return CalendarFile(name, root, calendar.days, tuple(official_years(root)))


def check(file: CalendarFile, days: OfficialDays, weekday: str) -> None:
    """Refuse days that would change the file's, or could not stand beside them. Raises BadPolicies.

    `weekday`: the day of the week as which make-up days work.
    """
    new = [year for year in days.years if year not in file.years]
    _check_years(file, days, new)
    if any(of_years(days.working_days, new)) and not file.days.week[WEEKDAYS.index(weekday)]:
        reason = f"{weekday} has no open hours, and make-up days would work as {weekday}"
        raise file.problem("week", f"{reason}; name another day by --make-up-as")
    if both := sorted(file.days.holidays.intersection(of_years(days.working_days, new))):
        reason = f"{both[0]} is closed in the file and a make-up day by {days.source}"
        raise file.problem("holidays", f"{reason}; take it out of the file first")
    if both := sorted({*(file.days.working_days or {})}.intersection(of_years(days.holidays, new))):
        reason = f"{both[0]} works in the file and is a day off by {days.source}"
        raise file.problem("working_days", f"{reason}; take it out of the file first")
    there = [year for year in days.years if year in file.years]
    if other := list(_differing(file.days, _replaced(file.days, days, there, weekday), there)):
        more = f" and {len(other) - _MOST_NAMED} more" if len(other) > _MOST_NAMED else ""
        named = f"{', '.join(other[:_MOST_NAMED])}{more}"
        reason = f"has {listed(there)} with other days than {days.source}: {named}"
        raise file.problem("official", f"{reason}; {_OTHER_NAME}")


def _check_years(file: CalendarFile, days: OfficialDays, new: Sequence[int]) -> None:
    """Refuse years that do not follow the file's, or are of another country. Raises BadPolicies."""
    if file.days.official and not file.days.country:
        reason = "are the calendar's own, and official ones cannot stand beside them"
        raise file.problem("years", f"{reason}; add {listed(new)} and its days to the file by hand")
    if file.years and (country := _country(file.root)) != days.country:
        raise file.problem("official", f"is of {country}, and these are days of {days.country}")
    together = sorted({*file.years, *new})
    if missing := sorted({*range(together[0], together[-1])}.difference(together)):
        reason = f"would leave out {listed(missing)} with {listed(new)} added"
        field = "official" if file.years else "calendar"
        raise file.problem(field, f"{reason}; freeze {listed(missing)} first, as years follow one another")


def moved(file: CalendarFile, days: OfficialDays, weekday: str) -> list[str]:
    """Return a line for each day of the year before that these days move and the file has otherwise."""
    year = days.years[0] - 1
    off, works = [*of_years(days.holidays, [year])], [*of_years(days.working_days, [year])]
    if year not in file.years:
        return []
    kept = {day: like for day, like in (file.days.working_days or {}).items() if day not in off}
    after = replace(
        file.days,
        holidays=file.days.holidays.difference(works).union(off),
        working_days={**kept, **dict.fromkeys(works, WEEKDAYS.index(weekday))},
    )
    return [
        f"{file.name}: {found} by {days.source}, and was not changed: {_OTHER_NAME}"
        for found in _differing(file.days, after, [year])
    ]


def left_out(file: CalendarFile | None, days: OfficialDays) -> list[date]:
    """Return the days of the year before that these days name, and that the file has no year for."""
    year = days.years[0] - 1
    if file and year in file.years:
        return []
    return sorted([*of_years(days.holidays, [year]), *of_years(days.working_days, [year])])


def of_years(days: Iterable[date], years: Sequence[int]) -> Iterator[date]:
    """Yield the dates that are of these years."""
    return (day for day in days if day.year in years)


def listed(years: Iterable[int]) -> str:
    """Return the years as text."""
    return ", ".join(map(str, years))


def _country(root: YamlNode) -> object:
    official = root.value.get("official") if isinstance(root.value, dict) else None
    country = official.value.get("country") if official and isinstance(official.value, dict) else None
    return country.value if country else None


def _replaced(before: LocalDays, days: OfficialDays, years: Sequence[int], weekday: str) -> LocalDays:
    """Return the local days with these years as they would be frozen, and all others as they are."""
    kept = {day: like for day, like in (before.working_days or {}).items() if day.year not in years}
    holidays = [day for day in before.holidays if day.year not in years]
    works = dict.fromkeys(of_years(days.working_days, years), WEEKDAYS.index(weekday))
    closed = frozenset([*holidays, *of_years(days.holidays, years)])
    return replace(before, holidays=closed, working_days={**kept, **works})


def _differing(before: LocalDays, after: LocalDays, years: Sequence[int]) -> Iterator[str]:
    """Yield the dates that are open at other hours, and how they are."""
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            if before.windows(day) != after.windows(day):
                yield f"{day} ({_how(before, day)}; official: {_how(after, day)})"
            day += timedelta(days=1)


def _how(days: LocalDays, day: date) -> str:
    if not days.windows(day):
        return "closed"
    like = (days.working_days or {}).get(day)
    return "open" if like is None else f"open as {WEEKDAYS[like]}"
