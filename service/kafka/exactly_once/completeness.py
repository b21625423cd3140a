"""Tracks up to which instant a partition's log is known to be complete, and when to ask for its end again."""

import asyncio
import logging
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from service.clock import GuardedClock
from service.kafka.client.leadership import NotConfirmedError
from service.kafka.client.log_end import Answer, Asker
from service.sla.lapse import has_lapsed
from service.sla.watermark import Watermark

log = logging.getLogger(__name__)

IDLE_ASK_SECONDS = 5.0  # between requests for the end offset when no deadline is due
ASK_AGAIN_SECONDS = 0.5  # after a request that failed
DOUBTED_SECONDS = 0.05  # after an answer that was not confirmed
BEHIND_SECONDS = 0.02  # between checks of the position while it has not reached the end offset
SILENT_AFTER_SECONDS = 30.0  # without an answer
NOT_BEFORE = -1  # `at` while the watermark is not known


class Ends(NamedTuple):
    """The end of the input, and the end of the published policies, asked for at one time."""

    input: Answer
    policies: int


class Completeness:
    """The instant to judge one partition at, since it was acquired.

    Due instants (`due`) are ms, or None when no deadline is armed.
    """

    def __init__(
        self,
        source: TopicPartition,
        asker: Asker,
        clock: GuardedClock,
        grace: int,
        policies: TopicPartition | None = None,
    ) -> None:
        """`grace` in ms. `policies`: where policies are published; None: they do not change."""
        self._source = source
        self._policies = policies
        self._asker = asker
        self._clock = clock
        self._grace = grace
        self._watermark = Watermark()
        self._ask_from = 0.0  # loop time before which the end offset is not asked for
        self._asked_at = float("-inf")  # loop time of the last answer
        self._heard_at = _time()  # loop time of the last answer, or of the acquisition
        self._refused = False  # True when the last request failed
        self.end = 0  # the last end offset of the input

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
        """True when there was no answer for `SILENT_AFTER_SECONDS`."""
        return _time() - self._heard_at > SILENT_AFTER_SECONDS

    @property
    def behind(self) -> bool:
        """True when the last end offset lies beyond what is processed."""
        return self._watermark.behind

    def processed(self, position: int) -> None:
        """Note that everything below `position` is processed."""
        self._watermark.processed(position)

    def known(self, policies_position: int) -> None:
        """Note that all policies published below `policies_position` judge now."""
        self._watermark.known(policies_position)

    def lapsed(self, due: int | None) -> bool:
        """True when a deadline at `due` has passed by the log's watermark, less the grace."""
        return due is not None and has_lapsed(due, self.at)

    def is_due(self, due: int | None) -> bool:
        """True when a deadline at `due` and its grace have passed by our clock."""
        due_in = self._due_in(due)
        return due_in is not None and due_in <= 0

    def ask(self, due: int | None) -> "asyncio.Task[Ends] | None":
        """Ask for the end offsets, if it is time to; pass the finished task to `hear`."""
        if self._watermark.behind or _time() < self._ask_from:
            return None
        due_in = self._due_in(due)
        if _time() - self._asked_at < IDLE_ASK_SECONDS and (due_in is None or due_in > 0):
            return None
        return asyncio.create_task(self._ask())

    async def _ask(self) -> Ends:
        """Raises KafkaError, TimeoutError or NotConfirmedError."""
        if self._policies is None:
            return Ends(await self._end_of(self._source), 0)
        answer, policies = await asyncio.gather(self._end_of(self._source), self._end_of(self._policies))
        return Ends(answer._replace(sent_at=min(answer.sent_at, policies.sent_at)), policies.end)

    async def _end_of(self, asked: TopicPartition) -> Answer:
        """Raises as `_ask`; after an answer, the first error is logged with the topic that it is about."""
        try:
            return await self._asker.ask(asked)
        except (KafkaError, OSError) as error:
            if not self._refused:
                waits, unknown = (f"{one.topic}-{one.partition}" for one in (self._source, asked))
                log.warning("%s: cannot fetch the end offset of %s: %r", waits, unknown, error)
            self._refused = True
            raise

    def hear(self, ask: "asyncio.Task[Ends]") -> None:
        """Take the answer of a finished `ask`; after a failure, `ask` waits for a moment."""
        try:
            answer, policies_end = ask.result()
        except NotConfirmedError:  # normal while a leader changes; if it lasts, see `silent`
            self._ask_from = _time() + DOUBTED_SECONDS
        except (KafkaError, OSError):  # `_end_of` has said so
            self._ask_from = _time() + ASK_AGAIN_SECONDS
        else:
            self._refused = False
            self._asked_at = self._heard_at = _time()
            self.end = answer.end
            self._watermark.asked(answer.sent_at, answer.end, policies_end)

    def patience(self, due: int | None, *, asking: bool) -> float:
        """Seconds to wait for records; at most 1, because the wall clock may jump."""
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
