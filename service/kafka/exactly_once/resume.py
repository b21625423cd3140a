"""Where an owner reads its input on, asked again when what a broker says of the log cannot be."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from aiokafka import TopicPartition

from service.kafka.client.groupless_consumer import ANSWER_WITHIN_SECONDS, OffsetSpan, reading, spans
from service.kafka.client.leadership import confirmed, ends
from service.kafka.exactly_once.restore import LostRecordsError, first_offset

DOUBTED_SECONDS = 0.1  # after an answer that was not confirmed


async def resume_at(
    connection: Mapping[str, Any], source: TopicPartition, committed: int | None, reflects: int
) -> int:
    """See `first_offset`. Ask when memory is restored: what it knows lay in the log before the question.

    Raises LostRecordsError, KafkaError, OSError or TimeoutError.
    """
    return await believed(
        source,
        committed,
        reflects,
        partial(_told, connection, source),
        partial(surely, connection, source),
    )


async def believed(
    source: TopicPartition,
    committed: int | None,
    reflects: int,
    told: Callable[[], Awaitable[OffsetSpan]],
    sure: Callable[[], Awaitable[OffsetSpan]],
) -> int:
    """`first_offset` by what is `told`; that records are lost only by what is `sure`."""
    try:
        return first_offset(source, committed, reflects, await told())
    except LostRecordsError:
        return first_offset(source, committed, reflects, await sure())


async def surely(connection: Mapping[str, Any], source: TopicPartition) -> OffsetSpan:
    """What the log holds for readers of what is committed, by a broker that a majority says led it then.

    Raises KafkaError, OSError or TimeoutError: nobody is sure at the moment.
    """
    async with reading(connection, committed=True) as reader, asyncio.timeout(ANSWER_WITHIN_SECONDS):
        client = reader._client  # noqa: SLF001 (where the leaders are is not for consumers to know)
        while True:
            begin = (await reader.beginning_offsets([source]))[source]
            leader = client.cluster.leader_for_partition(source)
            if leader not in (None, -1):
                found = await ends(client, leader, [source])
                if source in found and source in await confirmed(client, {source: leader}):
                    return OffsetSpan(begin, found[source])
            await client.force_metadata_update()
            await asyncio.sleep(DOUBTED_SECONDS)


async def _told(connection: Mapping[str, Any], source: TopicPartition) -> OffsetSpan:
    return (await spans(connection, source))[source]
