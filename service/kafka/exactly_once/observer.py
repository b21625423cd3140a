"""Who is told what was committed. Never anything before it is."""

from collections.abc import Sequence
from typing import Protocol

from service.sla.partition import Step


class Observer(Protocol):
    """Metrics, mostly. Its methods are called after the fact, take no time and raise nothing."""

    def committed(
        self, partition: int, steps: Sequence[Step], records: int, now: int, seconds: float
    ) -> None:
        """A transaction of `steps` committed at `now` (ms) after `seconds`; it took so many `records`."""

    def rejected(self, partition: int, reason: str) -> None:
        """A record was put aside, once per record."""

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        """A partition is judged again, after `restored` records of its changelog."""

    def aborted(self, partition: int) -> None:
        """A transaction did not commit, or nobody knows; `lost`, `fenced` or the end of the owner follows."""

    def lost(self, partition: int, error: str) -> None:
        """A transaction, or an attempt to acquire the partition, failed; it is acquired again."""

    def fenced(self, partition: int) -> None:
        """Another process has taken the partition over."""

    def assigned(self, partitions: int) -> None:
        """The group gave us so many partitions."""


class Nobody:
    """An observer that does not look."""

    def committed(
        self, partition: int, steps: Sequence[Step], records: int, now: int, seconds: float
    ) -> None:
        """See Observer."""

    def rejected(self, partition: int, reason: str) -> None:
        """See Observer."""

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        """See Observer."""

    def aborted(self, partition: int) -> None:
        """See Observer."""

    def lost(self, partition: int, error: str) -> None:
        """See Observer."""

    def fenced(self, partition: int) -> None:
        """See Observer."""

    def assigned(self, partitions: int) -> None:
        """See Observer."""
