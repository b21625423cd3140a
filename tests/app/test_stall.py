"""The event loop is watched."""

import asyncio
import threading

from service.telemetry import loop_lag as stall


async def test_a_loop_that_is_held_up_is_seen() -> None:
    seen: list[float] = []
    some = asyncio.Event()

    def see(seconds: float) -> None:
        seen.append(seconds)
        some.set()

    watching = asyncio.create_task(stall.watch(see))
    async with asyncio.timeout(10):
        await some.wait()
        some.clear()
        threading.Event().wait(2 * stall.EVERY_SECONDS)  # nothing else can run meanwhile
        await some.wait()
    watching.cancel()
    assert seen[1] >= stall.EVERY_SECONDS
    assert all(seconds >= 0 for seconds in seen)
