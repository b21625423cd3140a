"""Where a broker says that logs end, and whether it still led them when it said so.

A broker that slept, or that its cluster cannot reach, believes for a while that it leads what others have
taken over, and tells where its own copy of the log ends. Nothing in its answer shows that. But whoever
acknowledges facts in its place needs a majority of the replicas for it, and those know of it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest

# Where it ends, for readers of what is committed, in Kafka's words.
_LATEST, _COMMITTED, _NO_REPLICA = (
    -1,
    1,
    -1,
)


class NotConfirmedError(Exception):
    """Too few replicas say that who answered leads the partition: the answer counts for nothing."""


async def ends(
    client: AIOKafkaClient, node: int, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """The last stable offsets by what one broker says of those it believes to lead. Raises KafkaError."""
    topics: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for partition in partitions:
        topics[partition.topic].append((partition.partition, _LATEST))
    answer = await client.send(node, OffsetRequest(_NO_REPLICA, _COMMITTED, list(topics.items())))
    found: dict[TopicPartition, int] = {}
    for topic, told in answer.topics:
        for number, code, _, offset in told:
            error = for_code(code)
            if error is NoError:
                found[TopicPartition(topic, number)] = offset
            elif not error.retriable:
                raise error(TopicPartition(topic, number))
    return found


async def confirmed(client: AIOKafkaClient, leaders: Mapping[TopicPartition, int]) -> set[TopicPartition]:
    """Of these partitions, those of whose replicas a majority names this leader, itself included.

    Ask after the leader's answer: what is confirmed was then true up to the instant of the answer.
    """
    replicas = {partition: _replicas(client, partition) for partition in leaders}
    voters = {partition: {leader} & replicas[partition] for partition, leader in leaders.items()}

    def missing() -> set[TopicPartition]:
        return {p for p in leaders if 2 * len(voters[p]) <= len(replicas[p])}

    nodes = {node for partition in missing() for node in replicas[partition] - {leaders[partition]}}
    asking = {
        asyncio.create_task(_named(client, node, {partition.topic for partition in leaders})): node
        for node in nodes
    }
    waiting = set(asking)
    try:
        while waiting and missing():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                node, named = asking[task], task.result()
                for partition, leader in leaders.items():
                    if node in replicas[partition] and named.get(partition) == leader:
                        voters[partition].add(node)
    finally:
        for task in waiting:
            task.cancel()
    return set(leaders) - missing()


def _replicas(client: AIOKafkaClient, partition: TopicPartition) -> set[int]:
    known: Any = client.cluster._partitions  # noqa: SLF001 (its interface tells of leaders only)
    found = known.get(partition.topic, {}).get(partition.partition)
    return set(found.replicas) if found else set()


async def _named(client: AIOKafkaClient, node: int, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """The leaders by what one broker knows; nothing if it does not answer."""
    with suppress(KafkaError, OSError):
        answer = await client.send(node, MetadataRequest(list(topics), allow_auto_topic_creation=False))
        return {
            TopicPartition(name, number): leader
            for _, name, _, partitions in answer.topics
            for _, number, leader, *_ in partitions
        }
    return {}
