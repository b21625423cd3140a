"""Finds the input offset at which an owner continues; doubtful answers of a broker are verified."""

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
    """The input offset to continue at, as in `first_offset`.

    Call this after the restore: the records that memory reflects were then in the log before the request.
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
    """`first_offset` by the span of `told`; if that shows lost records, by the verified span of `sure`."""
    try:
        return first_offset(source, committed, reflects, await told())
    except LostRecordsError:
        return first_offset(source, committed, reflects, await sure())


async def surely(connection: Mapping[str, Any], source: TopicPartition) -> OffsetSpan:
    """The committed span of a partition, from a broker that a majority of replicas confirms as leader.

    Raises KafkaError, OSError or TimeoutError when no leader is confirmed in time.
    """
    async with reading(connection, committed=True) as reader, asyncio.timeout(ANSWER_WITHIN_SECONDS):
        client = reader._client  # noqa: SLF001 (a consumer does not show the leaders)
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
