"""How long the loop is held by judging: a few ms, then everybody else gets a turn.

All partitions of a process share these few ms. If each had its own, twelve that are busy at once would hold
the loop twelve times as long, and deadlines, heartbeats and health checks would wait for all of them.
"""

import asyncio

HELD_FOR_SECONDS = 0.005


class Share:
    """One for the owners of a process."""

    def __init__(self) -> None:
        self._until = float("-inf")  # loop time when it is used up
        self._turn = asyncio.Lock()  # whoever waits longest is next

    @property
    def is_used(self) -> bool:
        """True when whoever judges has to `wait`."""
        return asyncio.get_running_loop().time() >= self._until

    async def wait(self) -> None:
        """Until everybody else had a turn; one of those who wait goes on in each round of the loop."""
        async with self._turn:
            await asyncio.sleep(0)
            self._until = asyncio.get_running_loop().time() + HELD_FOR_SECONDS
