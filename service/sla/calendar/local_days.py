"""Local days: the open hours of each date, and the instants at which they begin and end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from service.sla.calendar.calendar import Stretch, YearUnknown

MonthDay = tuple[int, int]  # of every year
Windows = tuple[tuple[int, int], ...]  # [open, close) in seconds of the day, in order; 86,400 is 24:00

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KNOWN_YEARS = range(1970, 3000)  # for a calendar that needs no official days

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class LocalDays:
    """The hours that a calendar file names, by local date."""

    name: str
    zone: tzinfo
    week: tuple[Windows, ...]  # Monday first
    holidays: frozenset[date] = frozenset()
    working_days: Mapping[date, int] | None = None  # the weekday whose hours a date has: 0 Monday … 6 Sunday
    official: range | None = None  # the local years that are known; other years raise YearUnknown
    hours: Mapping[date, Windows] | None = None  # of dates with windows of their own
    yearly: frozenset[MonthDay] = frozenset()  # closed in every year
    country: bool = True  # `official` comes from a country, not from the file's own years

    @property
    def years(self) -> range:
        """The local years that the calendar knows."""
        return self.official or KNOWN_YEARS

    def windows(self, day: date) -> Windows:
        """The open hours of a date; () when it is closed.

        A date's own windows come first, then what the file says of the date, then of the day of every year.
        """
        if self.hours and (own := self.hours.get(day)):
            return own
        if day in self.holidays:
            return ()
        if self.working_days and (like := self.working_days.get(day)) is not None:
            return self.week[like]
        return () if (day.month, day.day) in self.yearly else self.week[day.weekday()]

    def local(self, instant: int) -> datetime:
        """The wall clock at `instant` (ms), truncated to seconds."""
        return datetime.fromtimestamp(instant // 1000, self.zone)

    def instant(self, day: date, seconds: int) -> int:
        """The instant (ms) at which the wall clock first shows this time of this date.

        A time that the wall clock skips moves forward by the gap.
        """
        naive = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)  # noqa: DTZ001 (zone: next line)
        # fold=0 means the first of two instants, and in a gap the offset before it (PEP 495).
        return (naive.replace(tzinfo=self.zone, fold=0) - _EPOCH) // _SECOND * 1000

    def year_of(self, instant: int) -> int:
        """The local year of `instant` (ms). Raises YearUnknown."""
        first, after = self.years[0], self.years[-1] + 1
        if instant < self.begin(first):
            raise self.unknown(first - 1)
        if instant > self.begin(after):
            raise self.unknown(after)
        return min(self.local(instant).year, after - 1)

    def begin(self, year: int) -> int:
        """The instant (ms) at which a local year begins."""
        return self.instant(date(year, 1, 1), 0)

    def unknown(self, year: int) -> YearUnknown:
        """The error to raise when `year` or a year beyond it is needed."""
        first, last = self.years[0], self.years[-1]
        known = f"{first}" if first == last else f"{first} to {last}"
        days = f"official days of {known} only" if self.official and self.country else f"the years {known}"
        return YearUnknown(f"calendar {self.name}: the answer needs {year}, and it has {days}")

    def open_days(self, year: int) -> Iterator[tuple[date, list[Stretch]]]:
        """The dates of a local year with open hours, and these; dates that the zone skips are left out."""
        begin, end = self.begin(year), self.begin(year + 1)
        day, midnight = date(year, 1, 1), begin
        while day.year == year:
            tomorrow = day + timedelta(days=1)
            next_midnight = self.instant(tomorrow, 0)
            hours = self._hours(day, midnight, next_midnight)
            within = ((max(since, begin), min(to, end)) for since, to in hours)
            if stretches := [(since, to) for since, to in within if since < to]:
                yield day, stretches
            day, midnight = tomorrow, next_midnight

    def _hours(self, day: date, midnight: int, next_midnight: int) -> list[Stretch]:
        windows = self.windows(day)
        if next_midnight - midnight == _DAY_MS:
            # No zone shifts its clocks twice within two days, so a day of 24 h has no shift.
            return [(midnight + since * 1000, midnight + to * 1000) for since, to in windows]
        if midnight == next_midnight:
            return []
        return [(self.instant(day, since), self.instant(day, to)) for since, to in windows]
