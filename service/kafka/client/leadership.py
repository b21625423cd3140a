"""Fetches end offsets from a broker, and checks whether it still led the partitions when it answered.

A broker that slept, or that its cluster cannot reach, still believes for a while that it leads its
partitions. It then answers with the end of its own copy of the log, and nothing in the answer shows that. But
a new leader needs a majority of the replicas to acknowledge facts, and these replicas know the new leader.
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

# Kafka's codes: the end of the log, for read_committed, asked by a client and not by a replica.
_LATEST, _COMMITTED, _NO_REPLICA = (
    -1,
    1,
    -1,
)


class NotConfirmedError(Exception):
    """Too few replicas confirm that the broker leads the partition: its answer must not be used."""


async def ends(
    client: AIOKafkaClient, node: int, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """The last stable offsets of the partitions that one broker believes it leads. Raises KafkaError."""
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
    """The partitions for which a majority of the replicas names the given leader, itself included.

    Call this after the leader's answer: a confirmed leader then led up to the instant of its answer.
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
    known: Any = client.cluster._partitions  # noqa: SLF001 (its interface shows leaders only)
    found = known.get(partition.topic, {}).get(partition.partition)
    return set(found.replicas) if found else set()


async def _named(client: AIOKafkaClient, node: int, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """The partition leaders according to one broker; empty if it does not answer."""
    with suppress(KafkaError, OSError):
        answer = await client.send(node, MetadataRequest(list(topics), allow_auto_topic_creation=False))
        return {
            TopicPartition(name, number): leader
            for _, name, _, partitions in answer.topics
            for _, number, leader, *_ in partitions
        }
    return {}
