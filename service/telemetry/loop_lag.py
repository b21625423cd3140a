"""How late the event loop wakes up: whatever holds it up holds up every deadline of the process."""

import asyncio
from collections.abc import Callable

EVERY_SECONDS = 0.1  # between looks


async def watch(seen: Callable[[float], None]) -> None:
    """Tells `seen`, after every look, by how many seconds the loop was late. Runs until it is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + EVERY_SECONDS
        await asyncio.sleep(EVERY_SECONDS)
        seen(max(0.0, loop.time() - due))
