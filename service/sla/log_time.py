"""What the clocks of the log's brokers show, by the times that they gave to records of ours."""

from typing import NamedTuple

ROOM_MS = 250  # nobody is believed to be further ahead of the log than this because an answer took long
ASK_AFTER_MS = 60_000  # a comparison that old is made again: by then a clock that is off has moved 30 ms
ASK_AGAIN_MS = 5_000  # after one that brought nothing, or nothing exact
KEPT_FOR_MS = 600_000  # what a broker's clock showed counts no longer when others were heard since


class TimeSpan(NamedTuple):
    """What a broker's clock is ahead of our count of elapsed time, in ms: at least and at most."""

    low: int
    high: int


class LogTime:
    """Learns from records: sent, given a time by a broker's clock, answered. Instants in ms.

    A time that was given between sending and answer says what that clock is ahead of our count of elapsed
    time, give or take how long that took; several together say it better. Brokers differ: what most of them
    say counts (of two, the earlier), so that one wrong clock among them holds up nobody's deadlines.
    """

    def __init__(self) -> None:
        self._spans: dict[int, TimeSpan] = {}  # by broker
        self._heard_at: dict[int, int] = {}  # elapsed
        self._asked_at = -ASK_AGAIN_MS  # elapsed, as the next
        self._ask_at = 0
        self._middle: TimeSpan | None = None

    @property
    def known(self) -> bool:
        """True once a record was given a time."""
        return self._middle is not None

    def heard(self, broker: int, sent: int, answered: int, given: int) -> None:
        """A record that was sent and answered at these readings of elapsed time was `given` this time."""
        # All three are cut to whole ms, so each may be one more.
        span, before = TimeSpan(given - answered - 1, given - sent + 1), self._spans.get(broker)
        if before and before.low <= span.high and span.low <= before.high:
            span = TimeSpan(max(before.low, span.low), min(before.high, span.high))
        # Else that clock was set, or has drifted.
        self._spans[broker], self._heard_at[broker] = span, answered
        for old in [one for one, at in self._heard_at.items() if answered - at > KEPT_FOR_MS]:
            del self._spans[old], self._heard_at[old]
        spans = sorted(self._spans.values(), key=sum)
        self._middle = middle = spans[(len(spans) - 1) // 2]
        self._ask_at = answered + (ASK_AFTER_MS if middle.high - middle.low <= ROOM_MS else ASK_AGAIN_MS)

    def not_heard(self, answered: int) -> None:
        """A record was answered, and no broker's clock gave it a time."""
        self._ask_at = answered + ASK_AFTER_MS

    def at(self, elapsed: int) -> TimeSpan | None:
        """What the log's clocks show: at least, and at most. None: nobody knows."""
        if self._middle is None:
            return None
        low, high = self._middle
        return TimeSpan(elapsed + low, elapsed + min(high, low + ROOM_MS))

    def others(self, than: int) -> dict[int, int]:
        """Which brokers' clocks are further off than this many ms, and how far ahead (or back, below 0)."""
        found: dict[int, int] = {}
        if self._middle is None:
            return found
        for broker, span in self._spans.items():
            apart = max(0, span.low - self._middle.high) or min(0, span.high - self._middle.low)
            if abs(apart) > than:
                found[broker] = apart
        return found

    def ask(self, elapsed: int, *, doubted: bool) -> bool:
        """True when somebody should have a record sent: it is long since, it took long, or it is `doubted`.

        Who is told so does it: others are not, for a while.
        """
        if elapsed < (self._asked_at + ASK_AGAIN_MS if doubted and self.known else self._ask_at):
            return False
        self._asked_at, self._ask_at = elapsed, elapsed + ASK_AGAIN_MS
        return True
