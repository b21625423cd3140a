"""The facts that the input already has, for those who would send an export or a history again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from aiokafka import TopicPartition

from service.errors import RefusalError
from service.events.rejection import Rejection
from service.kafka.client.groupless_consumer import OffsetSpan, spans
from service.kafka.client.patience import AGAIN_AFTER_SECONDS, patiently
from service.kafka.client.transactional_producer import TRANSACTION_TIMEOUT_MS
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.records import decode
from service.kafka.topics.scan import scan, spans_of
from service.sla.facts import Fact

# Kafka looks for transactions that nobody ends every 10 s, besides.
SETTLES_WITHIN_SECONDS = TRANSACTION_TIMEOUT_MS / 1000 + 15


async def known_ids(
    connection: Mapping[str, Any], topic: str, source: str, partitioner: Partitioner
) -> set[str]:
    """Return the ids of all events of `source` that the topic has now. Raises as known_facts."""
    facts = _accepted(connection, topic, partitioner)
    return {fact.id async for _, fact in facts if fact.source == source}


async def known_facts(
    connection: Mapping[str, Any],
    topic: str,
    partitioner: Partitioner,
    wanted: Callable[[str, Fact], bool],
) -> list[tuple[str, Fact]]:
    """Return the ticket keys and facts that are `wanted`, of all that the topic has now.

    Whatever was committed before the call is among them. Raises RefusalError.
    """
    return [(key, fact) async for key, fact in _accepted(connection, topic, partitioner) if wanted(key, fact)]


async def _accepted(
    connection: Mapping[str, Any], topic: str, partitioner: Partitioner
) -> AsyncIterator[tuple[str, Fact]]:
    settled = await _settled(connection, topic)
    for partition, span in settled.items():
        async for record in scan(connection, topic, partition, span):
            # The service took it at about its log time.
            decoded = decode(record, record.timestamp, len(settled), partitioner)
            if not isinstance(decoded, Rejection):
                yield decoded


async def _settled(connection: Mapping[str, Any], topic: str) -> Mapping[int, OffsetSpan]:
    """Return the span of each partition once no transaction is open in what the topic has now.

    An open one hides what was written after it. That of a process that was killed ends by itself. Raises
    RefusalError when one stays open.
    """
    found = await spans_of(connection, topic)
    places = {number: TopicPartition(topic, number) for number in found}
    all_of_it = await patiently(connection, lambda: spans(connection, *places.values()))
    until = asyncio.get_running_loop().time() + SETTLES_WITHIN_SECONDS
    while any(found[number].end < all_of_it[place].end for number, place in places.items()):
        if asyncio.get_running_loop().time() > until:
            raise RefusalError(
                f"topic {topic}: somebody's transaction stays open, and hides what follows it;"
                " end that process, and try again"
            )
        await asyncio.sleep(AGAIN_AFTER_SECONDS)
        found = await spans_of(connection, topic)
    return found
