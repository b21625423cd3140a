"""Two clocks of one machine and those of the log, and what is sure of the time when they disagree."""

from service.sla.log_time import TimeSpan

STEP_MS = 1_000  # a difference up to this is a matter of rate, and followed
SLEW = 0.0005  # of the time that passed: as fast as NTP turns a clock, so faster is no correction of its


class Steady:
    """The wall clock, held against the time that passed since it was read first, and the log's. All in ms.

    A wall clock can be set, the count of elapsed time cannot. But the first reading of the wall has to be
    believed until the log's time is known: one that was wrong from the start looks like one that is right.
    """

    def __init__(self, wall: int, elapsed: int) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._line = float(wall)  # what the wall should show, by the time that passed
        self._log: TimeSpan | None = None

    def read(self, wall: int, elapsed: int, log: TimeSpan | None = None) -> None:
        """Take a reading of both, and of the log's clocks. `elapsed` counts while the machine sleeps."""
        passed = max(0, elapsed - self._elapsed)
        self._wall, self._elapsed, self._log = wall, max(elapsed, self._elapsed), log
        self._line += passed
        if not self._stepped:
            most = passed * SLEW
            self._line += max(-most, min(most, wall - self._line))
        elif log and not self.astray:
            self._line = float(wall)  # it was set right

    @property
    def earliest(self) -> int:
        """The instant that has come whichever clock is wrong: nothing is overdue before it.

        Where the log's time is known, what either clock of ours shows, but never more than that. Else what
        both show.
        """
        line = int(self._line)
        if self._log is None:
            return min(self._wall, line)
        ours = max(self._wall, line)
        return ours if ours <= self._log.high else self._log.low

    @property
    def latest(self) -> int:
        """The instant that has come by one of the clocks: nothing before it lies in the future."""
        ours = max(self._wall, int(self._line))
        return ours if self._log is None else max(ours, self._log.high)

    @property
    def now(self) -> int:
        """What time it is, never before `earliest`: the log's where ours is another."""
        ours = max(self._wall, int(self._line))
        return ours if self._log is None or not _beyond(ours, self._log) else self._log.low

    @property
    def astray(self) -> int:
        """How far the wall clock is ahead (or back, below 0) of the log's; 0 while both agree.

        While the log's time is not known: how far it was set.
        """
        return self._stepped if self._log is None else _beyond(self._wall, self._log)

    @property
    def late(self) -> bool:
        """True when the log's clocks show that deadlines are overdue which by ours are not."""
        return self._log is not None and _beyond(self.earliest, self._log) < 0

    @property
    def _stepped(self) -> int:
        """How far the wall clock was set ahead (or back, below 0); 0 when it was not."""
        line = int(self._line)
        return _beyond(self._wall, TimeSpan(line, line))


def _beyond(instant: int, span: TimeSpan) -> int:
    """How far an instant lies outside of a span; 0 as far as that is no step."""
    apart = max(0, instant - span.high) or min(0, instant - span.low)
    return apart if abs(apart) > STEP_MS else 0
