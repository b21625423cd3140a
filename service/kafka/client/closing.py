"""Makes consumers stoppable at any moment, also while a failed fetch waits for its retry.

The library cancels its fetches and awaits each of them. A fetch that waits after an error passes the
cancellation on: the caller of `stop` seems to be cancelled, and the connections stay open.

When the group fails for good, the library gives the error to everybody who waits for records or for an
assignment. Somebody who has stopped waiting never reads it; asyncio then logs it as "never retrieved" after
the line in which we say why the process ends.

Like transactional_producer.py, this file works with one version of the library only.
"""

import asyncio
from functools import wraps
from typing import Any

from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import SubscriptionState


def end_quietly() -> None:
    """Make every consumer of this process end its fetches before it closes, and without a word in the log."""
    _end_fetches()
    _note_errors_as_read()


def _note_errors_as_read() -> None:
    library_abort = SubscriptionState.abort_waiters

    @wraps(library_abort)
    def abort_waiters(subscription: Any, error: BaseException) -> None:
        waiters = [*subscription._assignment_waiters, *subscription._fetch_waiters]
        library_abort(subscription, error)
        for waiter in waiters:
            _ = waiter.cancelled() or waiter.exception()  # whoever still waits is given it all the same

    SubscriptionState.abort_waiters = abort_waiters


def _end_fetches() -> None:
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
