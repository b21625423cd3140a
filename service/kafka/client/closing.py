"""Consumers that can be stopped at any moment, also while a fetch that failed waits to be tried again.

The library cancels its fetches and awaits each of them. One that is waiting after an error passes the
cancellation on: whoever stops the consumer seems to be cancelled, and the connections stay open. Like
transactional_producer.py this file knows one version of the library only.
"""

import asyncio
from functools import wraps
from typing import Any

from aiokafka.consumer.fetcher import Fetcher


def end_fetches_quietly() -> None:
    """Make every consumer of this process end so."""
    library_close = Fetcher.close

    @wraps(library_close)
    async def close(fetcher: Any) -> None:
        fetcher._fetch_task.cancel()  # it makes the others
        await asyncio.wait({fetcher._fetch_task})
        if fetches := set(fetcher._pending_tasks):
            for fetch in fetches:
                fetch.cancel()
            await asyncio.wait(fetches)
        fetcher._pending_tasks.clear()
        await library_close(fetcher)

    Fetcher.close = close
