"""Publishes mapped events and dead letters for the gateway, each acknowledged by all replicas in sync.

How it works: one idempotent producer sends everything. A send is over when Kafka has acknowledged it, or
after three seconds. The library goes on with what it took: it may be in the log later. That is harmless, as
the same delivery has the same ids when it is sent again. `run` opens the producer and asks Kafka every two
seconds whether the partitions can be written to. It opens another producer when one has failed.

What must never happen: that `publish` returns before every record is acknowledged, or that records of one
ticket change their order.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from service.errors import UnavailableError
from service.kafka.client.ignored import read_later
from service.kafka.client.patches import patch_aiokafka
from service.kafka.client.transactional_producer import START_WITHIN_SECONDS, discard
from service.kafka.codec.partitioner import Partitioner
from service.kafka.topics.check import ENVELOPE_BYTES
from service.kafka.topics.lifecycle import STRUCTURED

WITHIN_SECONDS = 3.0  # to acknowledge; some products give up after 5 s
LOOK_EVERY_SECONDS = 2.0
LOOK_WITHIN_SECONDS = 2.0
STOP_WITHIN_SECONDS = 2.0
REQUEST_TIMEOUT_MS = 15_000
BATCH_SIZE_BYTES = 256 * 1024  # small events share a batch; a larger record has one of its own

log = logging.getLogger(__name__)

Headers = Sequence[tuple[str, bytes]]


class KeyedEvent(Protocol):
    """A record to publish."""

    @property
    def key(self) -> bytes:
        """The ticket id."""

    @property
    def value(self) -> bytes:
        """A structured CloudEvent."""


@dataclass(frozen=True, slots=True)
class WrittenTopics:
    """What is written to: the names of the topics, and replicas in sync that each demands."""

    lifecycle: str
    undeliverable: str
    min_insync: Mapping[str, int]


class KafkaEventLog:
    """The log behind the gateway. `largest`: bytes of the largest body of any source."""

    def __init__(
        self, connection: Mapping[str, Any], topics: WrittenTopics, partitioner: Partitioner, largest: int
    ) -> None:
        self._connection, self._topics, self._partitioner = connection, topics, partitioner
        self._largest = max(largest + ENVELOPE_BYTES, 1024 * 1024)
        self._producer: AIOKafkaProducer | None = None
        self._partitions: dict[str, int] = {}
        self._failed = asyncio.Event()  # the producer is of no more use
        self._opened = asyncio.Event()
        self._takes = False

    @property
    def takes(self) -> bool:
        """True while every partition can be written to, and the last send was acknowledged."""
        return self._takes

    async def publish(self, events: Sequence[KeyedEvent]) -> None:
        """Return once Kafka has acknowledged all events, in their order. Raises UnavailableError."""
        if not events:
            return
        topic = self._topics.lifecycle
        await self._acknowledged([(topic, event.key, event.value, STRUCTURED) for event in events])

    async def bury(self, key: bytes, value: bytes, headers: Headers) -> None:
        """Return once Kafka has acknowledged a dead letter. Raises UnavailableError."""
        await self._acknowledged([(self._topics.undeliverable, key, value, headers)])

    async def run(self) -> None:
        """Keep a producer open, and look whether Kafka takes records, until cancelled."""
        patch_aiokafka()
        try:
            while True:
                try:
                    await self._serve()
                except (KafkaError, OSError) as error:  # TimeoutError is an OSError
                    log.warning("Kafka takes nothing now: %s", str(error) or type(error).__name__)
                    self._takes = False
                await asyncio.sleep(LOOK_EVERY_SECONDS / 4)
        finally:
            self._takes = False

    async def _serve(self) -> None:
        """Open a producer, and watch it until it has failed. Raises KafkaError and OSError."""
        producer = AIOKafkaProducer(
            **self._connection,
            enable_idempotence=True,
            acks="all",
            linger_ms=0,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            max_request_size=self._largest,
            max_batch_size=BATCH_SIZE_BYTES,
        )
        self._failed.clear()
        try:
            async with asyncio.timeout(START_WITHIN_SECONDS):
                await producer.start()
            await self._look(producer)
            self._producer = producer
            self._opened.set()
            while not self._failed.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_SECONDS):
                        await self._failed.wait()
                if not self._failed.is_set():
                    await self._look(producer)
        finally:
            self._producer = None
            self._opened.clear()
            await self._close(producer)

    async def _look(self, producer: AIOKafkaProducer) -> None:
        """Note the partitions, and whether each can be written to."""
        try:
            async with asyncio.timeout(LOOK_WITHIN_SECONDS):
                # All topics are listed: a request by name could create one.
                cluster = await producer.client.fetch_all_metadata()
        except (KafkaError, TimeoutError) as error:
            self._say(takes=False, why=str(error) or "no answer")
            return
        unfit: list[str] = []
        for topic in (self._topics.lifecycle, self._topics.undeliverable):
            found = cluster._partitions.get(topic, {})  # noqa: SLF001 (the library shows no replicas in sync)
            needed = self._topics.min_insync.get(topic, 1)
            self._partitions[topic] = len(found)
            unfit += [
                f"{topic}-{number}"
                for number, partition in found.items()
                if partition.leader < 0 or len(partition.isr) < needed
            ]
            if not found:
                unfit.append(topic)
        self._say(takes=not unfit, why=f"no leader, or too few replicas in sync: {', '.join(unfit[:3])}")

    def _say(self, *, takes: bool, why: str) -> None:
        if takes and not self._takes:
            log.info("Kafka takes records")
        elif self._takes and not takes:
            log.warning("Kafka takes nothing now: %s", why)
        self._takes = takes

    async def _acknowledged(self, records: Sequence[tuple[str, bytes, bytes, Headers]]) -> None:
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                await self._opened.wait()
                producer = self._producer
                assert producer, "open while `_opened` is set"
                sent = [await self._send(producer, *record) for record in records]
                for one in sent:
                    await asyncio.shield(one)
        except TimeoutError:
            self._takes = False  # until the next look
            raise UnavailableError("Kafka has not acknowledged in time") from None
        except KafkaError as error:
            self._takes = False
            if producer is self._producer:
                self._failed.set()
            raise UnavailableError(f"Kafka refuses: {type(error).__name__}") from None

    async def _send(
        self, producer: AIOKafkaProducer, topic: str, key: bytes, value: bytes, headers: Headers
    ) -> "asyncio.Future[Any]":
        if not self._partitions.get(topic):
            raise UnavailableError(f"topic {topic} is missing")
        partition = self._partitioner(key, self._partitions[topic])
        future: asyncio.Future[Any] = await producer.send(
            topic, value, key, partition=partition, headers=list(headers)
        )
        read_later(future)  # it may fail after our time is over
        return future

    async def _close(self, producer: AIOKafkaProducer) -> None:
        """Send what the producer still holds, in bounded time, then close it."""
        if not self._failed.is_set():
            with suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_SECONDS):
                    await producer.stop()
                    return
        await discard(producer)
