"""Estimates the clocks of the log's brokers from the time stamps that they give to our records."""

from typing import NamedTuple

ROOM_MS = 250  # the widest span that counts; a slow answer gives a wider one
ASK_AFTER_MS = 60_000  # before the next comparison: meanwhile a clock that drifts has moved 30 ms
ASK_AGAIN_MS = 5_000  # before the next comparison, if the last one brought nothing, or nothing exact
KEPT_FOR_MS = 600_000  # a broker's span is dropped when other brokers were heard this much later


class TimeSpan(NamedTuple):
    """By how many ms a broker's clock is ahead of our count of elapsed time: at least and at most."""

    low: int
    high: int


class LogTime:
    """Estimates the log's time from records: sent, stamped by a broker's clock, answered. Instants in ms.

    A stamp given between sending and answer shows by how much that clock is ahead of our count of elapsed
    time. The error is the time that the request took; several stamps together have a smaller error. The
    clocks of brokers differ. The middle one counts (of two, the earlier), so that a single wrong clock delays
    no deadlines.
    """

    def __init__(self) -> None:
        self._spans: dict[int, TimeSpan] = {}  # by broker
        self._heard_at: dict[int, int] = {}  # elapsed time
        self._asked_at = -ASK_AGAIN_MS  # elapsed time
        self._ask_at = 0  # elapsed time
        self._middle: TimeSpan | None = None

    @property
    def known(self) -> bool:
        """True once a broker's clock gave a record its time stamp."""
        return self._middle is not None

    def heard(self, broker: int, sent: int, answered: int, given: int) -> None:
        """Take the time stamp `given` to a record that was sent and answered at these elapsed times."""
        # All three are cut to whole ms, so each may be 1 ms more.
        span, before = TimeSpan(given - answered - 1, given - sent + 1), self._spans.get(broker)
        if before and before.low <= span.high and span.low <= before.high:
            span = TimeSpan(max(before.low, span.low), min(before.high, span.high))
        # Otherwise that clock was set, or has drifted: the new span replaces the old one.
        self._spans[broker], self._heard_at[broker] = span, answered
        for old in [one for one, at in self._heard_at.items() if answered - at > KEPT_FOR_MS]:
            del self._spans[old], self._heard_at[old]
        spans = sorted(self._spans.values(), key=sum)
        self._middle = middle = spans[(len(spans) - 1) // 2]
        self._ask_at = answered + (ASK_AFTER_MS if middle.high - middle.low <= ROOM_MS else ASK_AGAIN_MS)

    def not_heard(self, answered: int) -> None:
        """Note that a record was answered without a time stamp from a broker's clock."""
        self._ask_at = answered + ASK_AFTER_MS

    def at(self, elapsed: int) -> TimeSpan | None:
        """The log's time at `elapsed`: at least, and at most. None: it is not known."""
        if self._middle is None:
            return None
        low, high = self._middle
        return TimeSpan(elapsed + low, elapsed + min(high, low + ROOM_MS))

    def others(self, than: int) -> dict[int, int]:
        """The brokers whose clocks are off by more than `than` ms, and by how much (below 0: behind)."""
        found: dict[int, int] = {}
        if self._middle is None:
            return found
        for broker, span in self._spans.items():
            apart = max(0, span.low - self._middle.high) or min(0, span.high - self._middle.low)
            if abs(apart) > than:
                found[broker] = apart
        return found

    def ask(self, elapsed: int, *, doubted: bool) -> bool:
        """True when the caller should send a record for a comparison.

        The last comparison is old, was not exact, or is `doubted`. For a while after True, other callers get
        False.
        """
        if elapsed < (self._asked_at + ASK_AGAIN_MS if doubted and self.known else self._ask_at):
            return False
        self._asked_at, self._ask_at = elapsed, elapsed + ASK_AGAIN_MS
        return True
