"""Makes consumers stoppable at any moment, also while a failed fetch waits for its retry.

The library cancels its fetches and awaits each of them. A fetch that waits after an error passes the
cancellation on: the caller of `stop` seems to be cancelled, and the connections stay open. Like
transactional_producer.py, this file works with one version of the library only.
"""

import asyncio
from functools import wraps
from typing import Any

from aiokafka.consumer.fetcher import Fetcher


def end_fetches_quietly() -> None:
    """Make every consumer of this process end its fetches before it closes."""
    library_close = Fetcher.close

    @wraps(library_close)
    async def close(fetcher: Any) -> None:
        fetcher._fetch_task.cancel()  # first, because it starts the pending tasks
        await asyncio.wait({fetcher._fetch_task})
        if fetches := set(fetcher._pending_tasks):
            for fetch in fetches:
                fetch.cancel()
            await asyncio.wait(fetches)
        fetcher._pending_tasks.clear()
        await library_close(fetcher)

    Fetcher.close = close
