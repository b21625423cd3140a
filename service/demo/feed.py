"""Made-up complaints for a Kafka that runs already, as they happen."""

import asyncio
import signal
from contextlib import suppress
from dataclasses import replace

from schemas.topics import LIFECYCLE
from service.demo.traffic import record, traffic
from service.kafka.connection import connection
from service.kafka.send import Send, sending
from service.now import now_ms
from service.settings import Settings


def feed(settings: Settings, seed: int) -> int:
    """Publishes until Ctrl-C or SIGTERM. Gives the exit code. Raises Refusal when Kafka takes nothing."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        asyncio.run(_feed(settings, seed))
    return 0


async def _feed(settings: Settings, seed: int) -> None:
    topic = LIFECYCLE.named(settings.topic_prefix)
    async with sending(connection(settings), topic, settings.partitioner) as send:
        await publish(send, seed, run=f"{now_ms() // 1_000}-")


async def publish(send: Send, seed: int, run: str = "") -> None:
    """Sends each event when it is due. `run` sets the tickets of one run apart from those of another."""
    loop, began, began_at = asyncio.get_running_loop(), asyncio.get_running_loop().time(), now_ms()
    for happening in traffic(seed):
        await asyncio.sleep(began + happening.published / 1_000 - loop.time())
        ticket = happening.ticket.replace("T-", f"T-{run}")
        await send(ticket, record(replace(happening, ticket=ticket), began_at))
