"""Two clocks of one machine, and what is sure of the time when they disagree."""

STEP = 1_000  # ms; a difference up to this is a matter of rate, and followed
SLEW = 0.0005  # of the time that passed: as fast as NTP turns a clock, so faster is no correction of its


class Steady:
    """The wall clock, held against the time that passed since it was read first. All in ms.

    A wall clock can be set, the count of elapsed time cannot. The first reading of the wall is believed: a
    clock that was wrong from the start looks like one that is right.
    """

    def __init__(self, wall: int, elapsed: int) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._line = float(wall)  # what the wall should show, by the time that passed

    def read(self, wall: int, elapsed: int) -> None:
        """Take a reading of both. `elapsed` counts while the machine sleeps."""
        passed = max(0, elapsed - self._elapsed)
        self._wall, self._elapsed = wall, max(elapsed, self._elapsed)
        self._line += passed
        if not self.astray:
            most = passed * SLEW
            self._line += max(-most, min(most, wall - self._line))

    @property
    def earliest(self) -> int:
        """The instant that has come by either clock: nothing is overdue before it."""
        return min(self._wall, int(self._line))

    @property
    def latest(self) -> int:
        """The instant that has come by one of them: nothing before it lies in the future."""
        return max(self._wall, int(self._line))

    @property
    def astray(self) -> int:
        """How far the wall clock was set ahead (or back, below 0); 0 while both agree."""
        apart = self._wall - int(self._line)
        return apart if abs(apart) > STEP else 0
