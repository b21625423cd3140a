"""Timers: an index of keys to evaluate once an instant has passed."""

import heapq
from array import array
from bisect import bisect_left
from math import inf
from operator import itemgetter

from service.sla.lapse import has_lapsed

_TICK_MS = 1024  # entries of a tick are sorted only when the tick comes near
_RECENT = 4  # latest ticks before `at`; up to half of the keys taken come from these

_Entry = tuple[int, str]  # instant, key
_instant = itemgetter(0)


class _Unsorted:
    """Entries of a tick, in the order they came."""

    __slots__ = ("_earliest", "_seen", "instants", "keys")

    def __init__(self) -> None:
        self.instants = array("q")
        self.keys: list[str] = []
        self._earliest: float = inf  # of the first `_seen` instants
        self._seen = 0

    def earliest(self) -> float:
        """The earliest instant (ms). Looks at each entry once, however often it is asked."""
        if self._seen < len(self.instants):
            of_new = min(self.instants[self._seen :])
            self._earliest = min(self._earliest, of_new)
            self._seen = len(self.instants)
        return self._earliest


class Timers:
    """Keys by instant (ms). An outdated entry stays until its instant, so callers must check each key."""

    def __init__(self) -> None:
        self._far: dict[int, _Unsorted] = {}  # by tick
        self._near: dict[int, list[_Entry]] = {}  # by tick, the earliest entry last; never empty
        self._order: list[int] = []  # heap of the ticks in _far and _near, and of some removed ticks
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def arm(self, key: str, instant: int) -> None:
        """Add `key`, to evaluate once `instant` has passed."""
        self._count += 1
        tick = instant // _TICK_MS
        entries = self._far.get(tick)
        if entries is None:
            entries = self._far[tick] = _Unsorted()
            heapq.heappush(self._order, tick)
        entries.instants.append(instant)
        entries.keys.append(key)

    def next_at(self) -> int | None:
        """The earliest instant armed, in ms. Sorts nothing, as probes ask it while millions are armed."""
        while self._order:
            tick = self._order[0]
            near, far = self._near.get(tick), self._far.get(tick)
            if near or far:
                return int(min(near[-1][0] if near else inf, far.earliest() if far else inf))
            heapq.heappop(self._order)
        return None

    def take(self, at: int, most: int) -> list[str]:
        """Remove and return up to `most` keys whose instant lies before `at`.

        Up to half are the keys that lapsed last, so that these do not wait for an earlier herd. The rest are
        the keys that lapsed first.
        """
        taken: list[str] = []
        for tick in range(at // _TICK_MS, at // _TICK_MS - _RECENT, -1):
            taken += self._take_from(tick, at, most // 2 // _RECENT, latest=True)
        while len(taken) < most and (first := self.next_at()) is not None and has_lapsed(first, at):
            taken += self._take_from(first // _TICK_MS, at, most - len(taken), latest=False)
        self._count -= len(taken)
        return taken

    def _take_from(self, tick: int, at: int, most: int, *, latest: bool) -> list[str]:
        """Take up to `most` keys of a tick that lapsed before `at`: the latest, or the earliest."""
        entries = self._entries(tick)
        begin = bisect_left(entries, 1 - at, key=_later_first)
        end = min(begin + most, len(entries)) if latest else len(entries)
        begin = begin if latest else max(begin, end - most)
        keys = [key for _, key in reversed(entries[begin:end])]
        del entries[begin:end]
        if not entries:
            self._near.pop(tick, None)
        return keys

    def _entries(self, tick: int) -> list[_Entry]:
        """The sorted entries of a tick that comes near; none when the tick is removed."""
        if tick in self._far:
            far = self._far.pop(tick)
            entries = [*reversed(self._near.get(tick, ())), *zip(far.instants, far.keys, strict=True)]
            entries.sort(key=_instant)  # of one instant, first come: to sort by key would take seconds
            entries.reverse()
            self._near[tick] = entries
        return self._near.get(tick, [])


def _later_first(entry: _Entry) -> int:
    return -entry[0]
