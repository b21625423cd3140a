"""Calendars: which time counts. Interval arithmetic in UTC milliseconds, without pauses."""

from collections.abc import Sequence
from typing import Protocol

Interval = tuple[int, int | None]  # [from, until) in ms; None: open-ended
Stretch = tuple[int, int]  # [from, until) in ms


class YearUnknown(ValueError):
    """The answer needs a year for which the calendar has no days: the calendar never guesses."""


class Calendar(Protocol):
    """The working time of a clock. `pauses`: sorted, disjoint, not touching; the last may be open-ended.

    Each method raises YearUnknown when it needs a year that the calendar does not know.
    """

    name: str

    @property
    def valid_until(self) -> int | None:
        """The instant (ms) from which on the calendar has no official days; None: it needs none."""

    def due(self, start: int, target: int, pauses: Sequence[Interval]) -> int | None:
        """The first instant at which `target` ms have elapsed since `start`; None: an endless pause."""

    def due_in_days(self, start: int, days: int) -> int:
        """The close of the working day that is the `days`-th (from 1) after the local day of `start`."""

    def elapsed(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """Counted ms from `start` to `end`."""

    def paused(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """Counted ms from `start` to `end` that the pauses removed."""

    def open_between(self, start: int, end: int) -> list[Stretch]:
        """The stretches from `start` to `end` that count, pauses ignored: in order, not touching."""


class Always:
    """Around the clock, 7×24: every millisecond that is not paused counts."""

    name = "always"
    valid_until = None

    def due(self, start: int, target: int, pauses: Sequence[Interval]) -> int | None:
        """See Calendar."""
        if not pauses:
            return start + target
        left, since = target, start
        for begin, end in pauses:
            if end is not None and end <= since:
                continue
            if since + left <= begin:
                break
            left -= max(0, begin - since)
            if left == 0:
                return max(since, begin)
            if end is None:
                return None
            since = end
        return since + left

    def due_in_days(self, start: int, days: int) -> int:  # noqa: ARG002 (the protocol's)
        """Must not be called: no day ever closes, so a policy file may not ask for working days here."""
        raise AssertionError("around the clock there are no working days")

    def elapsed(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """See Calendar."""
        if not pauses:
            return end - start if end > start else 0
        return max(0, end - start) - self.paused(start, end, pauses)

    def paused(self, start: int, end: int, pauses: Sequence[Interval]) -> int:
        """See Calendar."""
        if not pauses:
            return 0
        return sum(
            max(0, (end if until is None else min(until, end)) - max(begin, start)) for begin, until in pauses
        )

    def open_between(self, start: int, end: int) -> list[Stretch]:
        """See Calendar."""
        return [(start, end)] if start < end else []


ALWAYS = Always()
