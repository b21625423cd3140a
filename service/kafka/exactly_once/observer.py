"""The interface for observers of an owner. No result is reported before its transaction has committed."""

from collections.abc import Sequence
from typing import Protocol

from service.sla.partition import Step


class Observer(Protocol):
    """Receives the events of an owner, mostly for metrics.

    Its methods are called after the fact. They must return at once and must not raise. A subclass inherits
    methods that do nothing, and overrides the methods that it needs.
    """

    def committed(self, steps: Sequence[Step], records: int, now: int, seconds: float) -> None:
        """A transaction of `steps` committed at `now` (ms) after `seconds`; it took so many `records`."""

    def rejected(self, reason: str) -> None:
        """A record was rejected; called once per record."""

    def fitted(self, field: str, fitting: str) -> None:
        """A code in that field did not fit as it came; `fitting`: what became of it."""

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        """A partition was acquired, after `restored` records of its changelog."""

    def aborted(self) -> None:
        """A transaction failed, or its fate is unknown; `lost`, `fenced` or the end of the owner follows."""

    def lost(self) -> None:
        """A transaction, or an attempt to acquire a partition, failed; it is acquired again."""

    def fenced(self) -> None:
        """Another process has taken a partition over."""

    def assigned(self, partitions: int) -> None:
        """The group assigned so many partitions to this process."""


class NullObserver(Observer):
    """An observer that ignores everything."""
