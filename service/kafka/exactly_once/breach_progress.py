"""How far the breaches of one input partition are complete, and when their consumers are told so."""

from typing import Any

from service.sla.partition import Partition

PROGRESS_MS = 15 * 60_000  # consumers are told once in each quarter of an hour (UTC)


class BreachProgress:
    """The progress of one tenure: a new owner does not know what was told, so it tells at once."""

    def __init__(self) -> None:
        self.until: int | None = None  # ms: every breach that was due before it is announced
        self._told_at = -1

    def reach(self, partition: Partition[Any], at: int) -> bool:
        """Note that no deadline of `partition` is left that lapsed by `at` (ms); True: tell it."""
        self.until = partition.complete_until(at)
        return at // PROGRESS_MS > self._told_at // PROGRESS_MS

    def told(self, at: int) -> None:
        """Note that consumers were told at `at` (ms)."""
        self._told_at = at
