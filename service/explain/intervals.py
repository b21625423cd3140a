"""The time of a clock cut into stretches: counted, paused and closed."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from service.sla.calendar.calendar import Interval
from service.sla.judge import Run


class Stretch(NamedTuple):
    """A part of a clock's time. Instants and lengths in ms. The three lengths add up to the whole."""

    since: int
    until: int
    counted: int
    paused: int
    closed: int


def stretches(
    run: Run, until: int, cuts: Iterable[int] = (), pauses: Sequence[Interval] | None = None
) -> Iterator[Stretch]:
    """Yield the stretches from the clock's start to `until` (ms).

    They are cut where opening hours and pauses begin or end, and at `cuts`. `pauses` replace the run's own.
    """
    calendar = run.clock.calendar
    pauses = run.pauses if pauses is None else pauses
    edges = {edge for pause in pauses for edge in pause if edge is not None}
    edges.update(*calendar.open_between(run.started_at, until), cuts)
    inside = {edge for edge in edges if run.started_at < edge < until}
    for since, to in pairwise(sorted({run.started_at, until} | inside)):
        paused = any(begin <= since and (end is None or to <= end) for begin, end in pauses)
        open_for = calendar.elapsed(since, to, ())
        counted = 0 if paused else open_for
        yield Stretch(since, to, counted, open_for - counted, to - since - open_for)
