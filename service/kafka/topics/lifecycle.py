"""Sends events in to their topic, by an idempotent producer without transactions."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.kafka.client.ignored import read_later
from service.kafka.client.patience import patiently
from service.kafka.client.plain_producer import producing
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.topics.scan import MISSING

SendEvent = Callable[[str, bytes], Awaitable[None]]  # key, structured CloudEvent

# A list: the encoder takes no tuple.
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=utf-8")]
_UNCONFIRMED = 2_000  # unconfirmed records before we wait for the oldest


@asynccontextmanager
async def sending(connection: Mapping[str, Any], topic: str, partitioner: str) -> AsyncIterator[SendEvent]:
    """Yield a function that sends one record; after a normal end of the block, all records are in the log.

    Records of one key keep their order. Raises RefusalError when the topic is missing or Kafka rejects a
    record.
    """
    try:
        async with producing(connection, linger=5) as producer:
            partitions = await _partitions(producer, connection, topic)
            under_way: deque[asyncio.Future[Any]] = deque()

            async def send(key: str, value: bytes) -> None:
                raw = key.encode()
                partition = PARTITIONERS[partitioner](raw, partitions)
                confirmed = await producer.send(topic, value, raw, partition=partition, headers=STRUCTURED)
                read_later(confirmed)  # only the oldest failure is awaited
                under_way.append(confirmed)
                while under_way and (under_way[0].done() or len(under_way) > _UNCONFIRMED):
                    await under_way.popleft()

            yield send
            await asyncio.gather(*under_way)
    except KafkaError as error:
        raise RefusalError(f"topic {topic}: Kafka does not take the events: {error}") from None


async def _partitions(producer: AIOKafkaProducer, connection: Mapping[str, Any], topic: str) -> int:
    """The number of partitions of the topic. Raises RefusalError when the topic is missing."""
    # List all topics: a request by name could create the topic.
    cluster = await patiently(connection, producer.client.fetch_all_metadata)
    partitions = cluster.partitions_for_topic(topic)
    if not partitions:
        raise RefusalError(f"topic {topic}: {MISSING}")
    return len(partitions)
