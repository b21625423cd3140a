"""A calendar with opening hours, computed from one line of open time."""

from collections.abc import Sequence

from service.sla.calendar.calendar import Interval, Stretch
from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.open_line import OpenLine


class WorkingTime:
    """A calendar in which only open hours count. The first call in a year builds it; later calls are fast."""

    def __init__(self, days: LocalDays) -> None:
        self.name = days.name
        self.days = days
        self._line = OpenLine(days)
        self._end = days.begin(days.years.stop)

    @property
    def valid_until(self) -> int | None:
        """See Calendar."""
        return self._end if self.days.official else None

    def due(self, start: int, target: int, pauses: Sequence[Interval]) -> int | None:
        """See Calendar."""
        if target == 0:
            return start
        left, since = target, start
        for begin, end in pauses:
            if end is not None and end <= since:
                continue
            # A pause beyond the known years plays no part: a target not reached before it raises anyway.
            counted = self._line.between(since, min(begin, self._end))
            if counted >= left:
                break
            if end is None:
                return None
            left -= counted
            since = end
        return self._line.after(since, left)

    def due_in_days(self, start: int, days: int) -> int:
        """See Calendar."""
        return self._line.close_of_day(start, days)

    def elapsed(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """See Calendar."""
        return self._line.between(start, end) - self.paused(start, end, pauses)

    def paused(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """See Calendar."""
        return sum(
            self._line.between(max(begin, start), end if until is None else min(until, end))
            for begin, until in pauses
        )

    def open_between(self, start: int, end: int) -> list[Stretch]:
        """See Calendar."""
        return self._line.stretches(start, end)
