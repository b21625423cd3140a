"""Commits what a tenure writes: turns, records that belong to no turn, and the group's offset."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from aiokafka import TopicPartition

from service.clock import GuardedClock
from service.kafka.exactly_once.group_offset import GroupOffset
from service.kafka.exactly_once.observer import Observer
from service.kafka.exactly_once.transaction import NotCommittedError, Outgoing, Transactions
from service.kafka.exactly_once.turn import Turn

log = logging.getLogger(__name__)


class Commits:
    """The commits of one tenure, through its transactions."""

    def __init__(
        self,
        source: TopicPartition,
        transactions: Transactions,
        offset: GroupOffset,
        observer: Observer,
        clock: GuardedClock,
    ) -> None:
        self._source = source
        self._transactions = transactions
        self._offset = offset
        self._observer = observer
        self._clock = clock

    async def turn(self, turn: Turn, began: float) -> None:
        """Commit a turn, unless it is empty. `began`: loop time when it began. Raises NotCommittedError."""
        commits = self._offset.belongs_to(turn)
        if not turn.outgoing and not commits:
            return
        await self.write(turn.outgoing, {self._source: turn.next_offset} if commits else {})
        self._offset.note(turn.next_offset if commits else None)
        took = asyncio.get_running_loop().time() - began
        self._observer.committed(turn.steps, turn.taken, self._clock.now(), took)

    async def write(
        self, outgoing: Sequence[Outgoing], offsets: Mapping[TopicPartition, int] | None = None
    ) -> None:
        """Commit records, and the group's offsets. Raises NotCommittedError."""
        try:
            await self._transactions.commit(outgoing, offsets or {})
        except BaseException:  # a cancellation is an abort as well
            self._observer.aborted()
            raise

    async def last_offset(self, next_offset: int) -> None:
        """Commit the group's offset at the end, unless the last turns have committed it."""
        if next_offset <= self._offset.committed:
            return
        try:
            await self._transactions.commit((), {self._source: next_offset})
        except NotCommittedError as error:  # the next owner finds the offset in the changelog
            name = f"{self._source.topic}-{self._source.partition}"
            log.warning("%s: the last offset was not committed to the group: %r", name, error)
