"""The wall clock, and its comparison with Kafka's.

The only module that reads it: ruff refuses `time.time`, `datetime.now` and their like elsewhere.
"""

import logging
import time
from collections.abc import Callable

from service.sla.clock_guard import STEP_MS, ClockGuard
from service.sla.log_time import LogTime

log = logging.getLogger(__name__)

TOGETHER_MS = 100
TRY_AGAIN_MS = 500  # short, so that a hanging broker delays only the partitions that it leads
SAY_AGAIN_MS = 10_000  # a clock at the limit, or one that is adjusted slowly, does not flood the log
# Counts during sleep, too. Without such a clock, sleep looks like a wall clock that was set ahead.
_ELAPSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def now_ms() -> int:
    """Return milliseconds since the epoch, by this machine's clock."""
    return time.time_ns() // 1_000_000


def elapsed_ms() -> int:
    """Return milliseconds since an arbitrary instant, sleep included. This clock cannot be set."""
    return time.clock_gettime_ns(_ELAPSED) // 1_000_000


class GuardedClock:
    """The wall clock checked against Kafka's, as bounds of the time. Instants in ms.

    `earliest` is for decisions that must never be early, `latest` for decisions that must never be late.
    """

    def __init__(self, wall: Callable[[], int] = now_ms, elapsed: Callable[[], int] = elapsed_ms) -> None:
        self._wall = wall
        self.elapsed = elapsed
        self._steady = ClockGuard(wall(), elapsed())
        self._log = LogTime()
        self._said = 0  # ms astray in the last log line
        self._say_from = 0  # elapsed: the next log line not before it
        self._try_from: dict[str, int] = {}  # elapsed, by topic
        self._said_of = frozenset[int]()  # brokers warned about
        self._said_unknown = set[str]()  # topics warned about

    def earliest(self) -> int:
        """Return an instant that has come whichever clock is wrong. Deadlines and record times go by it."""
        self._read()
        return self._steady.earliest

    def latest(self) -> int:
        """Return an instant that has come by at least one clock. A later fact is from the future."""
        self._read()
        return self._steady.latest

    def now(self) -> int:
        """Return the time. Detection instants go by it."""
        self._read()
        return self._steady.now

    @property
    def astray(self) -> int:
        """How far (ms) the wall clock is ahead of Kafka's; below 0: behind; 0: neither.

        Before the first comparison with Kafka's: how far the wall clock was set since the start.
        """
        self._read()
        return self._steady.astray

    @property
    def wrong(self) -> str:
        """What is wrong with the wall clock, such as `is 3600.0 s ahead of Kafka's`. Empty: nothing."""
        return self._words(self.astray)

    def _words(self, astray: int) -> str:
        if not astray:
            return ""
        far = f"{abs(astray) / 1_000:.1f} s"
        if self.compared:
            return f"is {far} {'ahead of' if astray > 0 else 'behind'} Kafka's"
        return f"was set {'ahead' if astray > 0 else 'back'} by {far}"

    @property
    def late(self) -> bool:
        """True while breaches are announced late because the wall clock is behind Kafka's."""
        return self.compared and self._steady.late

    @property
    def compared(self) -> bool:
        """True once the wall clock was compared with Kafka's."""
        return self._log.known

    def to_compare(self, topic: str) -> bool:
        """True while Kafka's time is not known and a record in `topic` may give it."""
        return not self.compared and topic not in self._said_unknown

    def try_compare(self, topic: str) -> bool:
        """True for the caller that should compare now.

        Other callers get False and wait for the result, at most TRY_AGAIN_MS.
        """
        elapsed = self.elapsed()
        if elapsed < self._try_from.get(topic, elapsed):
            return False
        self._try_from[topic] = elapsed + TRY_AGAIN_MS
        return True

    def compare_again(self) -> bool:
        """True when it is time to have Kafka stamp a record.

        The caller must then do so: other callers get False for a while.
        """
        return self._log.ask(self.elapsed(), doubted=bool(self.astray))

    def stamped(self, broker: int, sent: int, stamp: int) -> None:
        """Take the timestamp that a broker gave to a record. `sent`: the reading of `elapsed` at the send."""
        self._log.heard(broker, sent, self.elapsed(), stamp)
        others = self._log.others(STEP_MS)
        for one in sorted(others.keys() - self._said_of):
            log.warning(
                "broker %d: its clock is %.1f s %s what most brokers show, which counts; set it right",
                one,
                abs(others[one]) / 1_000,
                "ahead of" if others[one] > 0 else "behind",
            )
        self._said_of = frozenset(others)

    def not_stamped(self, topic: str) -> None:
        """Note that Kafka gave no timestamp to a record in `topic`, and warn once for each topic."""
        self._log.not_heard(self.elapsed())
        if not self._log.known and topic not in self._said_unknown:
            log.warning(
                "topic %s: message.timestamp.type is not LogAppendTime, so this machine's clock cannot be "
                "compared with Kafka's: if it is wrong now, breaches are announced early or late; set it "
                "(kafka-configs --alter --add-config message.timestamp.type=LogAppendTime)",
                topic,
            )
            self._said_unknown.add(topic)

    def _read(self) -> None:
        while True:  # both readings must be of one moment: repeat if the process was stopped between them
            elapsed, wall = self.elapsed(), self._wall()
            if self.elapsed() - elapsed <= TOGETHER_MS:
                break
        self._steady.read(wall, elapsed, self._log.at(elapsed))
        astray = self._steady.astray
        if elapsed >= self._say_from and _differs(astray, self._said):
            self._say(astray)
            self._said, self._say_from = astray, elapsed + SAY_AGAIN_MS

    def _say(self, astray: int) -> None:
        if not astray:
            beside = "Kafka's" if self.compared else "the time that passed again"
            log.warning("the wall clock agrees with %s", beside)
        else:
            log.error("the wall clock %s; %s", self._words(astray), _MEANS[self.compared, astray > 0])


_MEANS = {  # of a wall clock that was compared with Kafka's, and is ahead
    (
        True,
        True,
    ): "deadlines go by Kafka's, so nothing is announced early; set it right, there is no need to restart",
    (True, False): "what is due may be announced that late; set it right, there is no need to restart",
    (False, True): "deadlines go on by the time that passed; if the new time is right, restart",
    (False, False): "deadlines wait until it gets there again; if the new time is right, this will pass",
}


def _differs(astray: int, said: int) -> bool:
    """True when the change deserves a log line: begun, ended, of another sign, under half or over twice."""
    if not said or not astray:
        return astray != said
    return astray * said < 0 or not abs(said) / 2 <= abs(astray) <= abs(said) * 2
