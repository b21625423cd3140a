"""A clock as a bar: running, paused and closed time, from the clock's start to its last deadline."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from service.explain.intervals import Stretch, stretches
from service.sla.judge import NOT_APPLICABLE, Run

WIDTH = 1_000  # units that a bar is wide
_MINUTE_MS = 60_000


class Flow(StrEnum):
    """What a clock does during a stretch."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed"


class BarPiece(NamedTuple):
    """A stretch of one flow. Instants in ms."""

    flow: Flow
    since: int
    until: int


class BarMark(NamedTuple):
    """A level's deadline on the bar."""

    level: str
    due_at: int  # ms
    warns: bool


class LevelBar(NamedTuple):
    """The bar of one clock. Instants in ms.

    It depends on the time of day only during an open pause, and then only on the minute.
    """

    since: int
    until: int
    pieces: tuple[BarPiece, ...]
    marks: tuple[BarMark, ...]
    ended_at: int | None
    projected: bool  # the marks are where they would be if the pause ended now

    def x(self, instant: int) -> float:
        """Return the position of an instant (ms) on the bar, in units of WIDTH."""
        if self.until == self.since:
            return float(WIDTH)
        share = (instant - self.since) / (self.until - self.since)
        return round(WIDTH * min(1.0, max(0.0, share)), 1)


def bar(run: Run, at: int) -> LevelBar:
    """Return the bar of the clock at `at` (ms). Raises YearUnknown."""
    pauses, dues = list(run.pauses), run.dues
    open_pause = run.ending is None and pauses and pauses[-1][1] is None
    if open_pause:
        begin = pauses[-1][0]
        pauses[-1] = begin, max(begin + _MINUTE_MS, at - at % _MINUTE_MS)
        dues = run.clock.dues(run.started_at, pauses)
    marks = tuple(
        BarMark(level.name, due_at, level.warns)
        for level, due_at, state in zip(run.clock.levels, dues, run.states, strict=True)
        if due_at is not None and state != NOT_APPLICABLE
    )
    ends = [mark.due_at for mark in marks]
    if run.stopped_at is not None:
        ends.append(run.stopped_at)
    until = max(ends, default=run.started_at)
    pieces = tuple(_pieces(stretches(run, until, pauses=pauses)))
    return LevelBar(run.started_at, until, pieces, marks, run.stopped_at, bool(open_pause))


def _pieces(cut: Iterable[Stretch]) -> list[BarPiece]:
    """Merge neighbouring stretches of one flow into one piece."""
    pieces: list[BarPiece] = []
    for stretch in cut:
        flow = Flow.RUNNING if stretch.counted else Flow.PAUSED if stretch.paused else Flow.CLOSED
        if pieces and pieces[-1].flow is flow:
            pieces[-1] = pieces[-1]._replace(until=stretch.until)
        else:
            pieces.append(BarPiece(flow, stretch.since, stretch.until))
    return pieces
