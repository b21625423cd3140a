"""Publishes made-up complaints and signs of life to a running Kafka, as they happen."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from schemas.topics import CHANNELS, LIFECYCLE, Topic
from service.clock import now_ms
from service.demo.traffic import DemoEvent, heartbeats, record, traffic
from service.kafka.client.options import connection
from service.kafka.topics.lifecycle import SendEvent, sending
from service.processes.signals import when_asked_to_end
from service.settings import Settings


def feed(settings: Settings, seed: int) -> int:
    """Publish until Ctrl-C, SIGTERM or SIGHUP. Return the exit code. Raises RefusalError."""
    asyncio.run(_feed(settings, seed))
    return 0


async def _feed(settings: Settings, seed: int) -> None:
    task = asyncio.current_task()
    assert task
    when_asked_to_end(asyncio.get_running_loop(), task.cancel)
    complaints = publish(settings, LIFECYCLE, traffic(seed), run=f"{now_ms() // 1_000}-")
    with suppress(asyncio.CancelledError):
        await asyncio.gather(complaints, publish(settings, CHANNELS, heartbeats()))


async def publish(settings: Settings, topic: Topic, happenings: Iterator[DemoEvent], run: str = "") -> None:
    """Send each event when it is due. `run` goes into ticket ids, so that two runs share no ticket.

    Raises RefusalError when Kafka accepts nothing.
    """
    name = topic.named(settings.topic_prefix)
    async with sending(connection(settings), name, settings.partitioner) as send:
        await _publish(send, happenings, run)


async def _publish(send: SendEvent, happenings: Iterator[DemoEvent], run: str) -> None:
    loop, began, began_at = asyncio.get_running_loop(), asyncio.get_running_loop().time(), now_ms()
    for happening in happenings:
        await asyncio.sleep(began + happening.published / 1_000 - loop.time())
        ticket = happening.ticket.replace("T-", f"T-{run}")
        await send(ticket, record(replace(happening, ticket=ticket), began_at))
