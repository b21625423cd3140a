"""Lets the partition of a tenure judge by the policies that are published by now."""

from typing import Any

from aiokafka import TopicPartition

from service.kafka.exactly_once.completeness import Completeness
from service.kafka.exactly_once.context import PolicyFeed
from service.kafka.exactly_once.loop_budget import LoopBudget
from service.sla.partition import Partition


class Adoption:
    """Follows the policies of the process for one partition. Does nothing without a feed."""

    def __init__(self, feed: PolicyFeed | None, share: LoopBudget) -> None:
        self._feed = feed
        self._share = share

    @property
    def source(self) -> TopicPartition | None:
        """Where policies are published."""
        return self._feed.source if self._feed else None

    def begin(self, partition: Partition[Any]) -> None:
        """Let an empty partition judge by what is published by now."""
        if self._feed is not None:
            for _ in partition.adopt(self._feed.policies):
                pass

    async def follow(self, partition: Partition[Any], completeness: Completeness) -> None:
        """Let `partition` judge by what is published by now; only then its input may be complete."""
        if self._feed is None:
            return
        position = self._feed.position
        for _ in partition.adopt(self._feed.policies):
            await self._share.wait()
        completeness.known(position)
