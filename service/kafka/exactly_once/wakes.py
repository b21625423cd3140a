"""Waits for an owner's next event: records, an end offset, a deadline, or its pace."""

import asyncio
from collections.abc import Sequence

from service.kafka.codec.record import Record
from service.kafka.exactly_once.completeness import Completeness, Ends
from service.kafka.exactly_once.feed import Feed
from service.kafka.exactly_once.pace import Pace


class Wakes:
    """Waits with at most one poll and one end offset request under way. May raise the errors of a poll."""

    def __init__(self, feed: Feed, completeness: Completeness, pace: Pace) -> None:
        self._feed = feed
        self._completeness = completeness
        self._pace = pace
        self._poll: asyncio.Task[Sequence[Record]] | None = None
        self._ask: asyncio.Task[Ends] | None = None

    async def next(self, due: int | None, small_turn_at: float) -> Sequence[Record]:
        """Wait for the next event. Returns the records of a poll; none for any other event.

        `due` (ms): the earliest deadline. `small_turn_at`: loop time when the last turn ended, if it was
        small.
        """
        completeness = self._completeness
        # The pause comes before a poll, because given records count as processed in the position.
        paced = 0.0 if completeness.behind else self._pace.left(small_turn_at)
        if self._poll is None and not paced:
            self._poll = asyncio.create_task(self._feed.take(patience=1_000))
        self._ask = self._ask or completeness.ask(due)
        patience = completeness.patience(due, asking=self._ask is not None)
        await asyncio.wait(
            [one for one in (self._poll or self._pace.hurried, self._ask) if one is not None],
            timeout=patience if self._poll else min(patience, paced),
            return_when=asyncio.FIRST_COMPLETED,
        )
        if self._ask is not None and self._ask.done():
            completeness.hear(self._ask)
            self._ask = None
            if completeness.behind and completeness.is_due(due):
                self._pace.hurry()  # a deadline that waits for records should wait briefly
        if self._poll is None or not self._poll.done():
            return ()
        poll, self._poll = self._poll, None
        return poll.result()

    async def close(self) -> None:
        """Cancel the poll and the request that are under way."""
        for task in (self._poll, self._ask):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
                _ = task.cancelled() or task.exception()
