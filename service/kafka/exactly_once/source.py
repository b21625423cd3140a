"""What an owner reads and keeps: a topic of events, the changelog beside it, and who judges what it holds."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from service.events.fact import CHANNELS
from service.events.rejection import TOO_MANY_CHANNELS, TOO_MANY_FACTS, Rejection
from service.kafka.client.batches import LARGEST as READ
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import Record
from service.kafka.codec.records import decode
from service.sla.desks.partition import DeskPartition
from service.sla.facts import Fact
from service.sla.partition import Arrival, Partition, Step
from service.sla.policy import Policies
from service.sla.space import LARGEST

Knows = Callable[[str], object]  # of a ticket or desk
Decode = Callable[[Record, int | None, int, Partitioner, Knows], tuple[str, Fact] | Rejection]


class Judged(Protocol):
    """What an owner has of its partition in memory; see service.sla.partition for what each of these does."""

    reflects: int  # the input offset up to which restored state has it all; -1: it has nothing of it

    @property
    def armed(self) -> int:
        """How many instants are armed."""

    def __len__(self) -> int:
        """How many tickets, or desks."""

    def weigh(self, key: str) -> int:
        """Bytes of state under that key; 0: there is none."""

    def next_at(self) -> int | None:
        """The earliest instant t (ms) so that a step with `at` > t may have something to tell."""

    def restore(self, key: str, value: bytes | None) -> None:
        """Take one changelog record, in log order; None: a tombstone."""

    def step(
        self, arrivals: Sequence[Arrival], *, at: int, now: int, offset: int, grace: int, most: int
    ) -> Step:
        """Judge what arrived and what lapsed."""


class Input(NamedTuple):
    """A topic of events and its changelog, which has as many partitions. Names include the prefix."""

    topic: str
    changelog: str
    decode: Decode
    empty: Callable[[Callable[[str], bool]], Judged]  # given which ids belong to the partition
    full: Rejection  # of what its ticket or desk cannot take any more


def complaints(
    topic: str, changelog: str, policies: Policies, retention: int, largest: int = LARGEST
) -> Input:
    """Tickets: what happens to complaints. `retention` in ms; `largest`: bytes of a changelog record."""
    return Input(
        topic, changelog, decode, lambda _: Partition(policies, retention, min(largest, READ)), TOO_MANY_FACTS
    )


def channels(topic: str, changelog: str, policies: Policies, retention: int, largest: int = LARGEST) -> Input:
    """Support desks: whether their channels are open. `retention` in ms; `largest` as in complaints."""
    return Input(
        topic,
        changelog,
        partial(decode, kinds=CHANNELS),
        partial(DeskPartition, policies, retention, largest=min(largest, READ)),
        TOO_MANY_CHANNELS,
    )
