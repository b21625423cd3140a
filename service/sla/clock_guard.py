"""Bounds the present instant by two clocks of one machine and the log's clocks, also when they disagree."""

from service.sla.log_time import TimeSpan

STEP_MS = 1_000  # a difference up to this is drift, and is followed
SLEW = 0.0005  # of the elapsed time: the rate at which NTP slews a clock; a faster change is a step


class ClockGuard:
    """Checks the wall clock against elapsed time since its first reading, and against the log. All in ms.

    A wall clock can be set, the count of elapsed time cannot. But the first reading of the wall clock has to
    be believed until the log's time is known. A clock that was wrong from the start looks like a right one.
    """

    def __init__(self, wall: int, elapsed: int) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._line = float(wall)  # what the wall clock should show, by elapsed time
        self._log: TimeSpan | None = None

    def read(self, wall: int, elapsed: int, log: TimeSpan | None = None) -> None:
        """Take a reading of both clocks, and of the log's. `elapsed` must count while the machine sleeps."""
        passed = max(0, elapsed - self._elapsed)
        self._wall, self._elapsed, self._log = wall, max(elapsed, self._elapsed), log
        self._line += passed
        if not self._stepped:
            most = passed * SLEW
            self._line += max(-most, min(most, wall - self._line))
        elif log and not self.astray:
            self._line = float(wall)  # the wall clock was corrected

    @property
    def earliest(self) -> int:
        """The instant that has come whichever clock is wrong: only deadlines before it are overdue.

        If the log's time is known: the later of our two clocks, but never ahead of the log. Otherwise: the
        earlier of our two clocks.
        """
        line = int(self._line)
        if self._log is None:
            return min(self._wall, line)
        ours = max(self._wall, line)
        return ours if ours <= self._log.high else self._log.low

    @property
    def latest(self) -> int:
        """The latest instant that any clock shows: nothing before it lies in the future."""
        ours = max(self._wall, int(self._line))
        return ours if self._log is None else max(ours, self._log.high)

    @property
    def now(self) -> int:
        """The best estimate of the time, never before `earliest`: the log's time if our clocks differ."""
        ours = max(self._wall, int(self._line))
        return ours if self._log is None or not _beyond(ours, self._log) else self._log.low

    @property
    def astray(self) -> int:
        """By how much the wall clock is ahead of the log's time (below 0: behind); 0 while both agree.

        While the log's time is not known: by how much the wall clock was set.
        """
        return self._stepped if self._log is None else _beyond(self._wall, self._log)

    @property
    def late(self) -> bool:
        """True when deadlines are overdue by the log's clocks, but not by ours."""
        return self._log is not None and _beyond(self.earliest, self._log) < 0

    @property
    def _stepped(self) -> int:
        """By how much the wall clock was set ahead (below 0: back); 0 when it was not set."""
        line = int(self._line)
        return _beyond(self._wall, TimeSpan(line, line))


def _beyond(instant: int, span: TimeSpan) -> int:
    """By how much an instant lies outside of a span; 0 for up to `STEP_MS`."""
    apart = max(0, instant - span.high) or min(0, instant - span.low)
    return apart if abs(apart) > STEP_MS else 0
