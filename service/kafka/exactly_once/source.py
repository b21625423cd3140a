"""The inputs: each is a topic of events with its changelog, its kinds of events and its kind of partition."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from service.events.fact import CHANNELS, COMPLAINTS, Kinds
from service.events.rejection import TOO_MANY_CHANNELS, TOO_MANY_FACTS, Rejection
from service.kafka.client.record_runs import LARGEST_BYTES as READ
from service.sla.desks.desks import desk_partition
from service.sla.partition import Partition
from service.sla.policy import Policies
from service.sla.state_budget import LARGEST_BYTES
from service.sla.tickets import ticket_partition


class Input(NamedTuple):
    """A topic of events and its changelog, which has as many partitions. Names include the prefix."""

    topic: str
    changelog: str
    kinds: Kinds  # of events
    empty: Callable[[Callable[[str], bool]], Partition[Any]]  # from the test which ids the partition owns
    full: Rejection  # for a record whose ticket or desk is full


def complaints(
    topic: str, changelog: str, policies: Policies, retention: int, largest: int = LARGEST_BYTES
) -> Input:
    """The input of tickets: complaint events. `retention` in ms; `largest`: bytes of a changelog record."""
    return Input(
        topic,
        changelog,
        COMPLAINTS,
        lambda _: ticket_partition(policies, retention, min(largest, READ)),
        TOO_MANY_FACTS,
    )


def channels(
    topic: str, changelog: str, policies: Policies, retention: int, largest: int = LARGEST_BYTES
) -> Input:
    """The input of support desks: signs of their channels. `retention` in ms; `largest` as in complaints."""
    return Input(
        topic,
        changelog,
        CHANNELS,
        partial(desk_partition, policies, retention, largest=min(largest, READ)),
        TOO_MANY_CHANNELS,
    )
