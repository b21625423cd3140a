"""The wall clock. The one place that reads it: everything else is told the time."""

import logging
import time
from collections.abc import Callable

from service.sla.steady import Steady

log = logging.getLogger(__name__)

TOGETHER = 100  # ms
# Counts on during sleep. Where there is none, a machine that slept looks like one whose clock was set ahead.
_ELAPSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now_ms() -> int:
    """Milliseconds since the epoch, by this machine's clock."""
    return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Milliseconds since some instant, sleep included. Nobody can set it."""
    return time.clock_gettime_ns(_ELAPSED) // 1_000_000


class Clock:
    """The time for what must never be early, and for what must never be late. Instants in ms."""

    def __init__(self, wall: Callable[[], int] = now_ms, elapsed: Callable[[], int] = elapsed_ms) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._steady = Steady(wall(), elapsed())
        self._said = 0

    def earliest(self) -> int:
        """An instant that has come even if somebody set the clock ahead: deadlines go by it."""
        self._read()
        return self._steady.earliest

    def latest(self) -> int:
        """Now even if somebody set the clock back: detection and facts from the future go by it."""
        self._read()
        return self._steady.latest

    @property
    def astray(self) -> int:
        """How far the wall clock was set ahead (or back, below 0) since the start; 0 when it was not."""
        self._read()
        return self._steady.astray

    def _read(self) -> None:
        while True:  # both of one moment: if we were stopped between them, they are not
            elapsed, wall = self._elapsed(), self._wall()
            if self._elapsed() - elapsed <= TOGETHER:
                break
        self._steady.read(wall, elapsed)
        astray = self._steady.astray
        if bool(astray) != bool(self._said):
            self._say(astray)
        self._said = astray

    def _say(self, astray: int) -> None:
        if not astray:
            log.warning("the wall clock agrees with the time that passed again")
        elif astray > 0:
            log.error(
                "the wall clock was set ahead by %.1f s: deadlines go on by the time that passed; "
                "if the new time is right, restart",
                astray / 1_000,
            )
        else:
            log.error(
                "the wall clock was set back by %.1f s: deadlines wait until it gets there again; "
                "if the new time is right, this will pass",
                -astray / 1_000,
            )
