"""A snapshot of the board's sources: partitions read, the consumer group, and the probes of the service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple


class ReachView(NamedTuple):
    """How far the board has read a partition of the state."""

    begin: int  # offset at which reading began
    position: int  # the next offset to read
    end: int  # end offset at the last request
    as_of: int | None  # the instant (ms) up to which every commit has been read; None: not yet


class OwnerView(NamedTuple):
    """A member of the group."""

    name: str
    host: str


class GroupView(NamedTuple):
    """The group as Kafka sees it."""

    at: int  # ms, before the request to Kafka
    state: str  # as Kafka names it
    partitions: int  # of the input
    owners: Mapping[int, OwnerView]  # by partition
    lag: Mapping[int, int]  # events that are not judged, by partition


class Probe(NamedTuple):
    """What one process of the service reports of its partitions at /readyz."""

    states: Mapping[int, str]
    restoring: Mapping[int, int | None]  # per cent of the restore, by partition
    failure: str | None = None
    refused: Mapping[int, str] = MappingProxyType({})  # why, by partition


class PolicyView(NamedTuple):
    """A policy version that is in force, or will be. Instants in ms."""

    id: str
    version: int
    agreement: str | None  # None: of support desks
    since: int
    until: int | None  # None: for good
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known at `now` (ms) of the board's sources."""

    now: int
    reaches: Mapping[int, ReachView]
    failure: str | None = None  # why Kafka cannot be read
    group: GroupView | None = None
    group_failure: str | None = None
    lagging_since: Mapping[int, int] = field(default_factory=dict)  # ms, by partition, while there is a lag
    services: Mapping[str, Probe] = field(default_factory=dict)  # by URL
    waiting: int = 0  # tickets that were read and are not judged yet
    baffling: int = 0  # tickets that cannot be judged here
    baffled_by: str | None = None  # one such ticket, and its partition
    baffling_desks: int = 0
    baffled_by_desk: str | None = None
    desk_reaches: Mapping[int, ReachView] = field(default_factory=dict)  # of the state of support desks
    policies: tuple[PolicyView, ...] = ()  # that judge now, or will
    other_policies: bool = False  # the service judges by other policies than the board
