"""A calendar with opening hours, computed from one line of open time."""

from service.sla.calendar.calendar import Calendar, Stretch
from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.open_line import OpenLine


class WorkingTime(Calendar):
    """A calendar in which only open hours count. The first call in a year builds it; later calls are fast."""

    def __init__(self, days: LocalDays) -> None:
        self.name = days.name
        self.days = days
        self.zone = str(days.zone)
        self._line = OpenLine(days)
        self.known_until = days.begin(days.years.stop)

    @property
    def valid_until(self) -> int | None:
        """See Calendar."""
        return self.known_until if self.days.official else None

    def counted(self, start: int, end: int) -> int:
        """See Calendar."""
        return self._line.between(start, end)

    def after(self, start: int, target: int) -> int:
        """See Calendar."""
        return self._line.after(start, target)

    def due_in_days(self, start: int, days: int) -> int:
        """See Calendar."""
        return self._line.close_of_day(start, days)

    def open_between(self, start: int, end: int) -> list[Stretch]:
        """See Calendar."""
        return self._line.stretches(start, end)
