"""The settings and objects that all owners of a process share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from service.clock import GuardedClock, elapsed_ms
from service.kafka.client.log_end import Asker
from service.kafka.codec.partitioner import Partitioner
from service.kafka.exactly_once.loop_budget import LoopBudget
from service.kafka.exactly_once.observer import NullObserver, Observer
from service.kafka.exactly_once.pace import Pace
from service.kafka.exactly_once.source import Input
from service.sla.policy import Policies


class PolicyFeed(Protocol):
    """The published policies, followed while the process runs."""

    source: TopicPartition  # where they are published

    @property
    def position(self) -> int:
        """The offset below which every publication is in `policies`."""

    @property
    def policies(self) -> Policies:
        """What judges."""

    async def run(self) -> None:
        """Follow until cancelled. Raises RefusalError: this process cannot read what is published."""


class Topics(NamedTuple):
    """The names of the topics that every owner writes to, prefix included."""

    breaches: str
    clocks: str
    rejected: str


@dataclass(frozen=True, slots=True)
class OwnerSettings:
    """The settings of all owners: connection, topics, inputs, observer. Lengths in ms."""

    connection: Mapping[str, Any]
    group: str
    topics: Topics
    inputs: tuple[Input, ...]
    grace: int
    now: Callable[[], int]
    partitioner: Partitioner
    observer: Observer = field(default_factory=NullObserver)
    largest: Mapping[str, int] = field(default_factory=dict)  # bytes a record may have, by topic
    pace: float = 0.0  # seconds, see service.kafka.exactly_once.pace
    elapsed: Callable[[], int] = elapsed_ms  # `now` is checked against it
    policies: PolicyFeed | None = None  # None: the policies of `inputs` judge for good


class Shared(NamedTuple):
    """The objects that all owners of a process share."""

    terms: OwnerSettings
    counts: Mapping[str, int]  # partitions by topic
    consumer: AIOKafkaConsumer
    asker: Asker
    clock: GuardedClock
    pace: Pace
    share: LoopBudget
