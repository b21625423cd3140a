"""The owner of one input partition: runs tenures one after another, until the group revokes the partition.

A failure here concerns this partition only. When the log failed, the owner acquires the partition again at
once. When only a person can repair the cause, the partition is *refused*: the owner logs the reason, and
tries again later.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from aiokafka import TopicPartition

from service.kafka.exactly_once.observer import Observer
from service.kafka.exactly_once.refusal import FORESEEN, TenureEnd, meaning_of, reason_of
from service.kafka.exactly_once.status import OwnerState, Status
from service.kafka.exactly_once.tenure import Tenure
from service.kafka.exactly_once.turn import TurnLimits
from service.kafka.exactly_once.warm_state import WarmState

log = logging.getLogger(__name__)

# The wait after being fenced. A zombie learns within it that it has lost the partition, so that it does not
# fence the new owner again.
FENCED_FOR_SECONDS = 1.5
BACK_OFF_SECONDS = (0.1, 2.0)  # doubled from the first to the second; short, to resume soon after a failure
AGAIN_SECONDS = (5.0, 60.0)  # before a refused partition is tried again, doubled in the same way
FINISH_WITHIN_SECONDS = 3.0  # for a running transaction to end when the partition is revoked

# Makes a tenure from the room of its first turn and the state that an earlier tenure left.
Begin = Callable[[TurnLimits, WarmState | None], Tenure]


class Owner:
    """Owns one partition from `start` to `stop`, and acquires it again after each failure of the log."""

    def __init__(
        self, source: TopicPartition, begin: Begin, observer: Observer, kept: WarmState | None
    ) -> None:
        """`kept`: the state that an earlier owner in this process left."""
        self._source = source
        self._name = f"{source.topic}-{source.partition}"
        self._begin = begin
        self._observer = observer
        self._tenure = begin(TurnLimits(), kept)
        self._stopping = self._stopped = False
        self._reason: str | None = None  # why the last try was refused
        # Seconds: the pauses after the last failure and after the last refusal.
        self._back_off, self._refused_for = BACK_OFF_SECONDS[0], AGAIN_SECONDS[0]
        self._task: asyncio.Task[None] | None = None

    def status(self) -> Status:
        """The partition's status for probes and metrics."""
        status = self._tenure.status()
        if self._stopped:
            return replace(status, state=OwnerState.STOPPED)
        if self._reason is None or self._tenure.is_well:
            return status
        waits = status.state is OwnerState.ACQUIRING
        return replace(status, state=OwnerState.REFUSED if waits else status.state, reason=self._reason)

    def start(self) -> "asyncio.Task[None]":
        """Start the owner. The task ends by `stop`, or by an error that must end the process."""
        self._task = asyncio.create_task(self._run(), name=f"owner of {self._name}")
        return self._task

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stopping

    async def stop(self) -> WarmState | None:
        """Give the partition up, after a running transaction has ended or timed out.

        Returns the state that the next owner in this process may begin with.
        """
        if self._task is None:
            return None
        self._stopping = self._tenure.stopping = True
        if not self._tenure.in_turn:
            self._task.cancel()
        _, late = await asyncio.wait([self._task], timeout=FINISH_WITHIN_SECONDS)
        if late:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=FINISH_WITHIN_SECONDS)
        self._stopped = True
        return self._tenure.kept

    async def _run(self) -> None:
        while not self._stopping:
            ended = self._tenure
            error = await _outcome(asyncio.create_task(ended.run(), name=f"tenure of {self._name}"))
            if error is not None:
                self._tenure = self._begin(ended.room, None)  # no warm state: memory may be ahead of the log
                await asyncio.sleep(self._pause_after(ended, error))

    def _pause_after(self, ended: Tenure, error: BaseException) -> float:
        """Log why a tenure ended: fenced, failed or refused. Returns the seconds until the next one.

        Raises what ends the process.
        """
        if ended.is_well:
            self._reason = None
        match meaning_of(error):
            case TenureEnd.FENCED:
                log.warning("%s: another process has taken the partition over", self._name)
                self._observer.fenced()
                self._back_off = FENCED_FOR_SECONDS
                return FENCED_FOR_SECONDS
            case TenureEnd.LOG_FAILED:
                log.warning("%s: acquiring again: %r", self._name, error)
                self._observer.lost()
                was_running = ended.state is OwnerState.RUNNING
                self._back_off = (
                    BACK_OFF_SECONDS[0] if was_running else min(2 * self._back_off, BACK_OFF_SECONDS[1])
                )
                return self._back_off
            case TenureEnd.REFUSED:
                self._refused_for = (
                    AGAIN_SECONDS[0] if self._reason is None else min(2 * self._refused_for, AGAIN_SECONDS[1])
                )
                self._refuse(error, ended)
                self._back_off = self._refused_for
                return self._refused_for
        raise error

    def _refuse(self, error: BaseException, ended: Tenure) -> None:
        """Log why the partition is refused; the same reason is logged once, as the owner keeps trying."""
        next_offset = ended.next_offset if ended.state is OwnerState.RUNNING else None
        reason = reason_of(error, self._source, ended.changelog, next_offset)
        unforeseen = error if not isinstance(error, FORESEEN) else None
        if reason != self._reason:
            log.error("%s: refused, and not judged until this is mended: %s", self._name, reason)
            if unforeseen:
                log.critical("%s: an error of our own", self._name, exc_info=unforeseen)
        self._reason = reason


async def _outcome(task: "asyncio.Task[None]") -> BaseException | None:
    """Wait for `task` and return its error; a cancellation of the caller cancels the task as well."""
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise
    return task.exception()
