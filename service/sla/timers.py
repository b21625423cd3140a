"""An index over instants: which keys to look at once an instant has passed."""

import heapq
from array import array

_TICK = 1024  # ms; entries within one tick are only sorted when the tick comes near


class Timers:
    """Keys by instant (ms). An index only: an entry stays until its instant, so readers check again."""

    def __init__(self) -> None:
        self._ticks: dict[int, tuple[array[int], list[str]]] = {}
        self._order: list[int] = []  # heap of the ticks in _ticks
        self._near: list[tuple[int, str]] = []  # heap: the entries of the ticks that came near
        self._near_until = -1  # the last tick that did
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def arm(self, key: str, instant: int) -> None:
        """Remember to look at `key` once `instant` has passed."""
        self._count += 1
        tick = instant // _TICK
        if tick <= self._near_until:
            heapq.heappush(self._near, (instant, key))
            return
        entries = self._ticks.get(tick)
        if entries is None:
            entries = self._ticks[tick] = (array("q"), [])
            heapq.heappush(self._order, tick)
        entries[0].append(instant)
        entries[1].append(key)

    def next_at(self) -> int | None:
        """The earliest instant armed, in ms."""
        if not self._near and self._order:
            self._bring_near(self._order[0])
        return self._near[0][0] if self._near else None

    def take(self, at: int, most: int) -> list[str]:
        """Remove and return up to `most` keys whose instant lies before `at`, earliest first."""
        taken: list[str] = []
        while len(taken) < most and (first := self.next_at()) is not None and first < at:
            taken.append(heapq.heappop(self._near)[1])
        self._count -= len(taken)
        return taken

    def _bring_near(self, tick: int) -> None:
        heapq.heappop(self._order)
        instants, keys = self._ticks.pop(tick)
        self._near = list(zip(instants, keys, strict=True))
        heapq.heapify(self._near)
        self._near_until = tick
