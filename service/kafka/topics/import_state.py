"""Imports tickets into an empty state topic, all in one transaction.

This is the second place where a transaction commits: no partition has an owner yet, and all tickets must
appear at once.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.kafka.client.ignored import read_later
from service.kafka.client.patience import unreachable
from service.kafka.client.transactional_producer import FateUnknownError, discard, open_producer
from service.kafka.codec.partitioner import Partitioner
from service.kafka.topics.scan import spans_of
from service.kafka.topics.tickets import kept_tickets
from service.sla.dump import DumpRecord
from service.sla.state import key as key_of

_LASTS_MS = 900_000  # Kafka's limit for a transaction (transaction.max.timeout.ms)
_COMMIT_WITHIN_SECONDS = 60.0
_UNCONFIRMED = 2_000  # unconfirmed records before we wait for the oldest


async def refuse_full(connection: Mapping[str, Any], topic: str) -> None:
    """Raise RefusalError when the topic holds a ticket, or its committed records cannot be read."""
    async for kept in kept_tickets(connection, topic):
        raise RefusalError(
            f"topic {topic}: already holds tickets (partition {kept.partition}, offset {kept.offset}); "
            f"state is imported into an empty one: delete it, and run sla-timer topics ensure"
        )


async def load(
    connection: Mapping[str, Any],
    topic: str,
    group: str,
    records: Iterable[DumpRecord],
    partitioner: Partitioner,
) -> int:
    """Write one record per ticket in one transaction; return their number.

    If `records` raises, nothing is written. A failed attempt is aborted. Raises RefusalError.
    """
    partitions = len(await spans_of(connection, topic))
    transactional_id = f"{group}-import"
    try:
        producer = await open_producer(connection, transactional_id, lasts=_LASTS_MS)
    except (KafkaError, OSError) as error:
        raise unreachable(connection, error) from None
    try:
        return await _write(producer, topic, partitions, records, partitioner)
    except BaseException as error:
        await discard(producer)
        producer = await open_producer(connection, transactional_id)  # its start aborts
        if isinstance(error, (KafkaError, FateUnknownError, OSError, AssertionError)):
            raise RefusalError(f"topic {topic}: Kafka does not take the state: {error!r}") from None
        raise
    finally:
        await discard(producer)


async def _write(
    producer: AIOKafkaProducer,
    topic: str,
    partitions: int,
    records: Iterable[DumpRecord],
    partitioner: Partitioner,
) -> int:
    await producer.partitions_for(topic)
    await producer.begin_transaction()
    under_way: deque[asyncio.Future[Any]] = deque()
    written = 0
    for tenant, ticket_id, value in records:
        partition = partitioner(ticket_id.encode(), partitions)
        key = key_of(tenant, ticket_id).encode()
        confirmed = await producer.send(topic, value, key, partition=partition)
        read_later(confirmed)  # only the oldest failure is awaited
        under_way.append(confirmed)
        written += 1
        while under_way and (under_way[0].done() or len(under_way) > _UNCONFIRMED):
            await under_way.popleft()
    # Before the commit, because a commit succeeds even if a record of the transaction was rejected.
    await asyncio.gather(*under_way)
    async with asyncio.timeout(_COMMIT_WITHIN_SECONDS):
        await producer.commit_transaction()
    return written
