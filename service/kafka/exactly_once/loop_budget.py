"""Bounds how long judging holds the event loop: a few ms, then all other tasks get a turn.

All partitions of a process share these few ms. If each had its own, twelve busy partitions would hold the
loop twelve times as long. Deadlines, heartbeats and health checks would wait for all of them.
"""

import asyncio

HELD_FOR_SECONDS = 0.005


class LoopBudget:
    """The loop time that all owners of a process share for judging."""

    def __init__(self) -> None:
        self._until = float("-inf")  # loop time when the share is used up
        self._turn = asyncio.Lock()  # first come, first served

    @property
    def is_used(self) -> bool:
        """True when the share is used up: call `wait` before more judging."""
        return asyncio.get_running_loop().time() >= self._until

    async def wait(self) -> None:
        """Wait until all other tasks had a turn; one waiting owner continues in each round of the loop."""
        async with self._turn:
            await asyncio.sleep(0)
            self._until = asyncio.get_running_loop().time() + HELD_FOR_SECONDS
