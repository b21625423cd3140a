"""When records are read after a small turn: a transaction costs as much with one record as with a hundred.

So the next poll of a partition waits for the next *beat*; what comes meanwhile goes into one turn. All
partitions of a process have the same beat, for requests that go out together cost less than one by one.
Deadlines do not wait: they need no records, unless the log says that some are not processed yet. Then their
partition *hurries*, and all others of the process with it: the library asks a broker for more only when
everybody has taken what it brought last.
"""

import asyncio


class Pace:
    """One for the owners of a process, so many seconds between two beats. Instants are the loop's."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._hurried_at = float("-inf")
        self.hurried: asyncio.Future[None] = asyncio.get_running_loop().create_future()  # the next time

    def left(self, small_turn_at: float) -> float:
        """Seconds until a partition is read on whose last turn, a small one, ended at that instant."""
        if not self._seconds or self._hurried_at >= small_turn_at or small_turn_at == float("-inf"):
            return 0.0
        beat = (small_turn_at // self._seconds + 1) * self._seconds
        return max(0.0, beat - asyncio.get_running_loop().time())

    def hurry(self) -> None:
        """Let everybody read on now."""
        loop = asyncio.get_running_loop()
        self._hurried_at = loop.time()
        hurried, self.hurried = self.hurried, loop.create_future()
        hurried.set_result(None)
