"""Who still leads a partition: a majority of its replicas has to say so, after the leader has answered."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import NodeNotReadyError
from aiokafka.protocol.metadata import MetadataRequest

from service.kafka.client.leadership import confirmed

PARTITION = TopicPartition("lifecycle", 0)
SILENT = None


@dataclass
class Brokers:
    """What each says of who leads the partition; they stand in for a client and its cluster."""

    says: dict[int, int | None]
    asked: int = 0

    @property
    def cluster(self) -> SimpleNamespace:
        return SimpleNamespace(_partitions={"lifecycle": {0: SimpleNamespace(replicas=list(self.says))}})

    async def send(self, node: int, request: MetadataRequest) -> SimpleNamespace:
        self.asked += 1
        if self.says[node] is SILENT:
            raise NodeNotReadyError
        partition = (0, 0, self.says[node], list(self.says), [])
        return SimpleNamespace(topics=[(0, "lifecycle", False, [partition])])


@pytest.mark.parametrize(
    ("says", "leads"),
    [
        ({1: 1, 2: 1, 3: 1}, True),
        ({1: 1, 2: 1, 3: SILENT}, True),  # a replica is down
        ({1: 1, 2: 1, 3: 3}, True),  # another lags behind
        ({1: 1, 2: SILENT, 3: SILENT}, False),  # cut off, perhaps
        ({1: 1, 2: 2, 3: 2}, False),  # others have taken over
        ({1: 1, 2: 2, 3: SILENT}, False),
        ({1: 1, 2: 1}, True),
        ({1: 1, 2: SILENT}, False),
        ({1: 1}, True),
        ({2: 2, 3: 2, 4: 2}, False),  # not even a replica any more
    ],
)
async def test_a_majority_of_the_replicas_confirms_a_leader(says: dict[int, int | None], leads: bool) -> None:
    assert await confirmed(Brokers(says), {PARTITION: 1}) == ({PARTITION} if leads else set())


async def test_nobody_is_asked_where_there_is_one_replica() -> None:
    brokers = Brokers({1: 1})
    await confirmed(brokers, {PARTITION: 1})
    assert brokers.asked == 0
