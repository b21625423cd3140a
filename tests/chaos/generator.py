"""Made-up complaints around their deadlines, and a file of every event that Kafka acknowledged.

Run as a program until SIGTERM. What Kafka did not take is sent again until it does: the file is all there is.
"""

import asyncio
import heapq
import itertools
import json
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from schemas.instant import written
from service.clock import now_ms
from service.kafka.client.patches import patch_aiokafka

RESPONSE, RESOLUTION = 2_000, 5_000  # ms: the minor levels of the policy
TICK = 0.02  # seconds
OURS = "C-"  # how tickets of the generator begin; others may be in the topics as well
POLICY = """\
policy: chaos
version: 1
effective_from: 2020-01-01T00:00:00Z
title: {en: Letter 1 in seconds}
match: {}
calendar: always
clocks:
  response:
    clause: "2.3.2"
    start: received
    stop: [response_started]
    levels: [{level: warning, after: 80%}, {level: minor, after: 2s}, {level: major, after: 4s}]
  resolution:
    clause: "2.3.3"
    start: received
    stop: [feedback_delivered]
    levels: [{level: warning, after: 80%}, {level: minor, after: 5s}, {level: major, after: 8s}]
"""

Due = tuple[int, int, dict[str, Any]]  # when to publish (ms), a number, the event


def story(dice: random.Random, ticket: str, received: int, numbers: Iterator[int]) -> Iterator[Due]:
    """A ticket's life: answered in time, at the last instant, late or never; told at once or a bit later."""

    def happened(kind: str, time: int, lag: int = 0, **data: str) -> Due:
        event = {
            "specversion": "1.0",
            "id": f"{ticket}-{kind}",
            "source": "/desk",
            "type": f"complaint.{kind}",
            "subject": ticket,
            "time": written(time),
            "data": data,
        }
        return time + lag, next(numbers), event

    yield happened("received", received, customer_id=f"C-{dice.randrange(99)}", channel="online")
    fate = dice.random()
    if fate < 0.25:
        return
    around = dice.choice([-1_500, -400, -50, 0, 0, 1, 60, 700, 2_500])
    answered = received + RESPONSE + around
    yield happened("response_started", answered, dice.choice([0, 0, 0, 150]))
    if fate < 0.4:
        return
    around = dice.choice([-1_000, -100, 0, 0, 1, 50, 1_000, 3_500])
    told = max(answered, received + RESOLUTION + around)
    yield happened("feedback_delivered", told, dice.choice([0, 0, 0, 150]))


async def generate(bootstrap: str, topic: str, log: TextIO, rate: float, seed: int) -> None:
    """Publishes `rate` tickets a second until SIGTERM, then waits for what is under way."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    stopping = asyncio.create_task(stop.wait())
    dice, numbers, tickets = random.Random(seed), itertools.count(), itertools.count(1)
    due: list[Due] = []
    began, sending = now_ms(), set[asyncio.Task[None]]()
    produce = Producing(bootstrap, topic, log)
    born = 0
    while not stop.is_set() or sending:
        now = now_ms()
        while born < (now - began) * rate / 1_000 and not stop.is_set():
            born += 1
            for happening in story(dice, f"{OURS}{next(tickets)}", now, numbers):
                heapq.heappush(due, happening)
        while due and due[0][0] <= now and not stop.is_set():
            task = asyncio.create_task(produce(heapq.heappop(due)[2]))
            sending.add(task)
            task.add_done_callback(sending.discard)
        await asyncio.wait(sending if stop.is_set() and sending else {stopping}, timeout=TICK)
    await produce.close()


class Producing:
    """Sends an event until it is acknowledged, then writes it down with the instant of that."""

    def __init__(self, bootstrap: str, topic: str, log: TextIO) -> None:
        self._bootstrap, self._topic, self._log = bootstrap, topic, log
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, event: dict[str, Any]) -> None:
        value, key = json.dumps(event).encode(), event["subject"].encode()
        while True:
            producer = await self._open()
            try:
                await producer.send_and_wait(self._topic, value, key)
            except (KafkaError, OSError):
                await self._discard(producer)
            else:
                break
        self._log.write(json.dumps(event | {"ackedat": now_ms()}) + "\n")

    async def close(self) -> None:
        if self._producer:
            await self._discard(self._producer)

    async def _open(self) -> AIOKafkaProducer:
        async with self._lock:
            while self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    enable_idempotence=True,
                    metadata_max_age_ms=1_000,
                    request_timeout_ms=2_500,
                )
                try:
                    await producer.start()
                    self._producer = producer
                except (KafkaError, OSError):
                    await producer.stop()
            return self._producer

    async def _discard(self, producer: AIOKafkaProducer) -> None:
        if self._producer is producer:
            self._producer = None
            with suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(2):
                    await producer.stop()


if __name__ == "__main__":
    patch_aiokafka()  # brokers hang for it as well
    with Path(sys.argv[3]).open("a", buffering=1, encoding="utf-8") as file:
        asyncio.run(generate(sys.argv[1], sys.argv[2], file, float(sys.argv[4]), int(sys.argv[5])))
