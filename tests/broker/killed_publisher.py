"""A publisher that is killed on its way: `python -m tests.broker.killed_publisher BATCHES backfill …`.

Each transaction has one small batch, and SIGKILL comes in place of the batch after so many.
"""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from service.kafka.topics import whole_tickets
from service.kafka.topics.whole_tickets import AIOKafkaProducer

send_batch = AIOKafkaProducer.send_batch


def killing(batches: int) -> Callable[..., Awaitable[Any]]:
    """`send_batch` that kills this process in place of the batch after so many."""
    left = iter(range(batches))

    async def send(producer: AIOKafkaProducer, *args: Any, **more: Any) -> Any:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return await send_batch(producer, *args, **more)

    return send


if __name__ == "__main__":
    whole_tickets.LASTS_SECONDS, whole_tickets.WHOLE_BYTES = 0.0, 2_000
    AIOKafkaProducer.send_batch = killing(int(sys.argv.pop(1)))
    from service.cli import main

    main()
