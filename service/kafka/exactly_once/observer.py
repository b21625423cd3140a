"""Who is told what was committed. Never anything before it is."""

from collections.abc import Sequence
from typing import Protocol

from service.sla.partition import Step


class Observer(Protocol):
    """Metrics, mostly. Its methods are called after the fact, take no time and raise nothing.

    Whoever derives from it gets methods that do nothing, and writes those that matter.
    """

    def committed(self, steps: Sequence[Step], records: int, now: int, seconds: float) -> None:
        """A transaction of `steps` committed at `now` (ms) after `seconds`; it took so many `records`."""

    def rejected(self, reason: str) -> None:
        """A record was put aside, once per record."""

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        """A partition is judged again, after `restored` records of its changelog."""

    def aborted(self) -> None:
        """A transaction did not commit, or nobody knows; `lost`, `fenced` or the end of the owner follows."""

    def lost(self) -> None:
        """A transaction, or an attempt to acquire a partition, failed; it is acquired again."""

    def fenced(self) -> None:
        """Another process has taken a partition over."""

    def assigned(self, partitions: int) -> None:
        """The group gave us so many partitions."""


class NullObserver(Observer):
    """An observer that does not look."""
