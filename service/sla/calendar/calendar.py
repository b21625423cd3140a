"""Calendars: which time counts, with the pauses subtracted. Interval arithmetic in UTC milliseconds."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

Interval = tuple[int, int | None]  # [from, until) in ms; None: open-ended
Stretch = tuple[int, int]  # [from, until) in ms


FOR_EVER = 1 << 62  # an instant (ms) after every other


class YearUnknown(ValueError):
    """The answer needs a year for which the calendar has no days: the calendar never guesses."""


class Calendar(ABC):
    """The working time of a clock: what a subclass counts, with pauses subtracted.

    `pauses`: sorted, disjoint, not touching; the last may be open-ended. Each method raises YearUnknown when
    it needs a year that the calendar does not know.
    """

    name: str
    known_until: int = FOR_EVER  # the instant (ms) at which the last year ends that it knows
    zone: str | None = None  # IANA name of the time zone in which its days begin; None: it has no days

    @property
    @abstractmethod
    def valid_until(self) -> int | None:
        """The instant (ms) from which on the calendar has no official days; None: it needs none."""

    @abstractmethod
    def counted(self, start: int, end: int) -> int:
        """Ms that count from `start` to `end`; 0 when the end comes first."""

    @abstractmethod
    def after(self, start: int, target: int) -> int:
        """The first instant at which `target` ms have counted since `start`."""

    @abstractmethod
    def due_in_days(self, start: int, days: int) -> int:
        """The close of the working day that is the `days`-th (from 1) after the local day of `start`."""

    @abstractmethod
    def open_between(self, start: int, end: int) -> list[Stretch]:
        """The stretches from `start` to `end` that count, pauses ignored: in order, not touching."""

    def due(self, start: int, target: int, pauses: Sequence[Interval]) -> int | None:
        """The first instant at which `target` ms have elapsed since `start`; None: an endless pause."""
        if target == 0:
            return start
        left, since = target, start
        for begin, end in pauses:
            if end is not None and end <= since:
                continue
            # A pause beyond the known years plays no part: a target not reached before is refused anyway.
            counted = self.counted(since, min(begin, self.known_until))
            if counted >= left:
                break
            if end is None:
                return None
            left -= counted
            since = end
        return self.after(since, left)

    def elapsed(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """Counted ms from `start` to `end`, pauses subtracted."""
        counted = self.counted(start, end)
        return counted - self.paused(start, end, pauses) if pauses else counted

    def paused(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """Counted ms from `start` to `end` that the pauses removed."""
        return sum(
            self.counted(max(begin, start), end if until is None else min(until, end))
            for begin, until in pauses
        )


class Always(Calendar):
    """Around the clock, 7×24: every millisecond that is not paused counts."""

    name = "always"
    valid_until = None

    def counted(self, start: int, end: int) -> int:
        """See Calendar."""
        return end - start if end > start else 0

    def after(self, start: int, target: int) -> int:
        """See Calendar."""
        return start + target

    def due_in_days(self, start: int, days: int) -> int:  # noqa: ARG002 (the calendar's)
        """Must not be called: no day ever closes, so a policy file may not ask for working days here."""
        raise AssertionError("around the clock there are no working days")

    def open_between(self, start: int, end: int) -> list[Stretch]:
        """See Calendar."""
        return [(start, end)] if start < end else []


ALWAYS = Always()
