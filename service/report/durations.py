"""Lengths of a clock in buckets, with its limits as edges, and quantiles."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from service.sla.policy import Clock

_S, _M, _H = 1_000, 60_000, 3_600_000
_DAY, _WEEK = 24 * _H, 168 * _H
_LADDER = (  # edges that are round figures
    *(_S * n for n in (1, 2, 5, 10, 20, 30)),
    *(_M * n for n in (1, 2, 5, 10, 15, 20, 30, 45)),
    *(_H * n for n in (1, 2, 4, 8, 12)),
    *(_DAY * n for n in (1, 2, 4)),
    *(_WEEK * n for n in (1, 2, 4, 8, 16, 52)),
)
_FINEST = 10  # no edge below a tenth of the smallest limit: too fine to matter

Limit = tuple[int, str]  # ms, level


class Bucket(NamedTuple):
    """The number of clocks that took more than `above` and at most `to` (ms; None: no end).

    `exceeds`: the highest limit that they exceed.
    """

    above: int
    to: int | None
    clocks: int
    exceeds: str | None


def limits(clock: Clock) -> tuple[Limit, ...]:
    """Return the breach levels of a clock that are durations, ascending. Levels in working days are not."""
    found = [(level.after_ms, level.name) for level in clock.levels if level.after_ms and not level.warns]
    return tuple(sorted(found))


def buckets(lengths: Sequence[int], limits: Sequence[Limit]) -> Iterator[Bucket]:
    """Yield `lengths` (ms, ascending) in buckets. Every limit is an edge. No bucket follows the longest."""
    lowest = limits[0][0] // _FINEST if limits else 0
    longest = max([*lengths[-1:], *(limit for limit, _ in limits)], default=0)
    fits = [edge for edge in _LADDER if lowest <= edge and _previous(edge) < longest]
    edges = sorted({*fits, *(limit for limit, _ in limits)})
    above, below = 0, 0
    for to in (*edges, None):
        at_most = len(lengths) if to is None else bisect_left(lengths, to + 1)
        exceeded = [level for limit, level in limits if limit <= above]
        if to is not None or at_most > below:
            yield Bucket(above, to, at_most - below, exceeded[-1] if exceeded else None)
        above, below = to or above, at_most


def _previous(edge: int) -> int:
    place = _LADDER.index(edge)
    return _LADDER[place - 1] if place else 0


def quantile(lengths: Sequence[int], percent: int) -> int | None:
    """Return the smallest of `lengths` (ms, ascending) that at least `percent` of them do not exceed."""
    if not lengths:
        return None
    return lengths[max(0, -(-len(lengths) * percent // 100) - 1)]
