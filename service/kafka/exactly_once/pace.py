"""Delays the next poll after a small turn, to collect records into one transaction.

A transaction costs as much with one record as with a hundred. So the next poll of a partition waits for the
next *beat*, and the records that arrive meanwhile go into one turn. All partitions of a process have the same
beat, because requests that are sent together cost less than single ones. Deadlines do not wait: they need no
records, unless the end offset shows that some are not processed yet. Then their partition *hurries*, and all
other partitions of the process with it. They must, because the library fetches from a broker only when all
partitions have taken their last records.
"""

import asyncio


class Pace:
    """The beat of all owners of a process, every `seconds`. Instants are loop times."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._hurried_at = float("-inf")
        # Done at the next `hurry`, which replaces it.
        self.hurried: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def left(self, small_turn_at: float) -> float:
        """Seconds until the next poll of a partition whose last small turn ended at `small_turn_at`."""
        if not self._seconds or self._hurried_at >= small_turn_at or small_turn_at == float("-inf"):
            return 0.0
        beat = (small_turn_at // self._seconds + 1) * self._seconds
        return max(0.0, beat - asyncio.get_running_loop().time())

    def hurry(self) -> None:
        """Let all partitions poll now."""
        loop = asyncio.get_running_loop()
        self._hurried_at = loop.time()
        hurried, self.hurried = self.hurried, loop.create_future()
        hurried.set_result(None)
