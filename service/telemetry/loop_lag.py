"""The lag of the event loop: anything that blocks the loop delays every deadline of the process."""

import asyncio
from collections.abc import Callable

EVERY_SECONDS = 0.1  # between two measurements


async def watch(seen: Callable[[float], None]) -> None:
    """Measure the loop's lag until cancelled. Calls `seen` with every measurement, in seconds."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY_SECONDS
        await asyncio.sleep(EVERY_SECONDS)
        seen(max(0.0, loop.time() - due))
