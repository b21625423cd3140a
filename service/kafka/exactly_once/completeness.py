"""Up to when the log of a partition is known to be complete, and when to ask it again. Owners look at it."""

import asyncio
import logging

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from service.clock import GuardedClock
from service.kafka.client.leadership import NotConfirmedError
from service.kafka.client.log_end import Answer, Asker
from service.sla.lapse import has_lapsed
from service.sla.watermark import Watermark

log = logging.getLogger(__name__)

IDLE_ASK_SECONDS = 5.0  # between questions when no deadline is due
ASK_AGAIN_SECONDS = 0.5  # after a question that was not answered
DOUBTED_SECONDS = 0.05  # after an answer that was not confirmed
BEHIND_SECONDS = 0.02  # between looks at the position while an answer waits for it
SILENT_AFTER_SECONDS = 30.0  # without an answer
NOT_BEFORE = -1  # `at` while nothing is known of the log


class Horizon:
    """Of one partition since it was acquired. Due instants are ms, or None when no deadline is armed."""

    def __init__(self, source: TopicPartition, asker: Asker, clock: GuardedClock, grace: int) -> None:
        self._source = source
        self._asker = asker
        self._clock = clock
        self._grace = grace  # ms
        self._watermark = Watermark()
        self._ask_from = 0.0  # loop time before which the log is not asked
        self._asked_at = float("-inf")  # loop time
        self._heard_at = _time()
        self._refused = False  # an answer, when last asked
        self.end = 0  # of the input, when last asked

    @property
    def watermark(self) -> int | None:
        """See service.sla.watermark."""
        return self._watermark.at

    @property
    def at(self) -> int:
        """The instant (ms) to judge at."""
        return NOT_BEFORE if self._watermark.at is None else self._watermark.at - self._grace

    @property
    def silent(self) -> bool:
        """True when the log has not answered for a while."""
        return _time() - self._heard_at > SILENT_AFTER_SECONDS

    @property
    def behind(self) -> bool:
        """True when the log has said that there is more than what is processed."""
        return self._watermark.behind

    def processed(self, position: int) -> None:
        """Everything below `position` is processed."""
        self._watermark.processed(position)

    def lapsed(self, due: int | None) -> bool:
        """True when a deadline at `due` has passed for sure."""
        return due is not None and has_lapsed(due, self.at)

    def is_due(self, due: int | None) -> bool:
        """True when a deadline at `due` has passed, with its grace, by our clock."""
        due_in = self._due_in(due)
        return due_in is not None and due_in <= 0

    def ask(self, due: int | None) -> "asyncio.Task[Answer] | None":
        """A question to the log, when it is time for one; give its answer to `hear`."""
        if self._watermark.behind or _time() < self._ask_from:
            return None
        due_in = self._due_in(due)
        if _time() - self._asked_at < IDLE_ASK_SECONDS and (due_in is None or due_in > 0):
            return None
        return asyncio.create_task(self._asker.ask(self._source))

    def hear(self, ask: "asyncio.Task[Answer]") -> None:
        """Take the log's answer, or ask again later."""
        try:
            answer = ask.result()
        except NotConfirmedError:  # for a moment whenever a leader changes; if it lasts, see `silent`
            self._ask_from = _time() + DOUBTED_SECONDS
        except (KafkaError, OSError) as error:
            if not self._refused:
                log.warning("%s: the log does not say where it ends: %r", self._source, error)
            self._refused = True
            self._ask_from = _time() + ASK_AGAIN_SECONDS
        else:
            self._refused = False
            self._asked_at = self._heard_at = _time()
            self.end = answer.end
            self._watermark.asked(answer.sent_at, answer.end)

    def patience(self, due: int | None, *, asking: bool) -> float:
        """Seconds to wait for records; at most one, in case the wall clock jumps."""
        if self.lapsed(due):
            return 0
        if self._watermark.behind:
            return BEHIND_SECONDS
        due_in = self._due_in(due)
        if asking or due_in is None:
            return 1.0
        return min(max(due_in, self._ask_from - _time(), 0.001), 1.0)

    def _due_in(self, due: int | None) -> float | None:
        """Seconds until a deadline and its grace have passed by our clock; None without one."""
        return None if due is None else (due + self._grace + 1 - self._clock.earliest()) / 1_000


def _time() -> float:
    return asyncio.get_running_loop().time()
