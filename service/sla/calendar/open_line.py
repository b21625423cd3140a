"""The open time of a calendar on the UTC line, and its running sum.

Whole years are added when a call first needs them; after that, each call is a binary search.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate

from service.sla.calendar.calendar import Stretch
from service.sla.calendar.local_days import LocalDays


class OpenLine:
    """Stretches of open time, sorted and disjoint. Instants and lengths in ms; raises YearUnknown."""

    def __init__(self, days: LocalDays) -> None:
        self._days = days
        self._years = range(0)  # local years on the line
        self._from = self._until = 0  # begin and end (instants) of these years
        self._opens: list[int] = []
        self._closes: list[int] = []
        self._sums: list[int] = []  # open time up to each close
        self._dates: list[int] = []  # ordinals of the dates with open hours
        self._ends: list[int] = []  # the close of each of these dates

    def between(self, start: int, end: int) -> int:
        """Open time from `start` to `end`; 0 when `end` is not after `start`."""
        if end <= start:
            return 0
        self._cover(start, end)
        return self._up_to(end) - self._up_to(start)

    def after(self, start: int, length: int) -> int:
        """The first instant from `start` on with `length` (more than 0) of open time behind it."""
        self._cover(start, start)
        total = self._up_to(start) + length
        while not self._sums or self._sums[-1] < total:
            self._append()
        index = bisect_left(self._sums, total)
        return self._closes[index] - (self._sums[index] - total)

    def close_of_day(self, start: int, count: int) -> int:
        """The close of the `count`-th date with open hours after the local date of `start`."""
        self._cover(start, start)
        index = bisect_right(self._dates, self._days.local(start).toordinal()) + count - 1
        while len(self._ends) <= index:
            self._append()
        return self._ends[index]

    def stretches(self, start: int, end: int) -> list[Stretch]:
        """The open stretches from `start` to `end`; stretches that touch are merged."""
        found: list[Stretch] = []
        if end <= start:
            return found
        self._cover(start, end)
        for index in range(bisect_right(self._closes, start), bisect_left(self._opens, end)):
            since, to = max(self._opens[index], start), min(self._closes[index], end)
            if found and found[-1][1] == since:
                since = found.pop()[0]
            found.append((since, to))
        return found

    def _up_to(self, instant: int) -> int:
        index = bisect_right(self._opens, instant) - 1
        if index < 0:
            return 0
        return self._sums[index] - max(0, self._closes[index] - instant)

    def _cover(self, start: int, end: int) -> None:
        if self._from <= start and end <= self._until and self._years:
            return
        first, last = self._days.year_of(start), self._days.year_of(end)
        if not self._years:
            self._years = range(first, first)
            self._from = self._until = self._days.begin(first)
        while self._years.start > first:
            self._prepend()
        while self._years.stop <= last:
            self._append()

    def _append(self) -> None:
        year = self._years.stop
        if year not in self._days.years:
            raise self._days.unknown(year)
        opens, closes, dates, ends = self._year(year)
        before = self._sums[-1] if self._sums else 0
        self._sums += _sums(opens, closes, before)
        self._opens += opens
        self._closes += closes
        self._dates += dates
        self._ends += ends
        self._years = range(self._years.start, year + 1)
        self._until = self._days.begin(year + 1)

    def _prepend(self) -> None:
        year = self._years.start - 1
        opens, closes, dates, ends = self._year(year)
        self._opens[:0] = opens
        self._closes[:0] = closes
        self._dates[:0] = dates
        self._ends[:0] = ends
        self._sums = _sums(self._opens, self._closes, 0)
        self._years = range(year, self._years.stop)
        self._from = self._days.begin(year)

    def _year(self, year: int) -> tuple[list[int], list[int], list[int], list[int]]:
        """Opens, closes, dates and their ends of one year. Hours that a gap moved together are merged."""
        found: list[Stretch] = []
        dates, ends = [], []
        for day, stretches in self._days.open_days(year):
            found += stretches
            dates.append(day.toordinal())
            ends.append(max(to for _, to in stretches))
        opens: list[int] = []
        closes: list[int] = []
        for since, to in sorted(found):
            if closes and since <= closes[-1]:
                closes[-1] = max(closes[-1], to)
            else:
                opens.append(since)
                closes.append(to)
        return opens, closes, dates, ends


def _sums(opens: list[int], closes: list[int], before: int) -> list[int]:
    lengths = (to - since for since, to in zip(opens, closes, strict=True))
    return list(accumulate(lengths, initial=before))[1:]
