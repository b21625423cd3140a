"""What an owner leaves behind for the next one in its process, should the group give the partition back."""

from typing import Any, NamedTuple

from service.kafka.client.groupless_consumer import OffsetSpan
from service.sla.partition import Partition

KEPT_FOR_MS = 3_600_000  # within that the changelog surely has all tombstones of the difference


class WarmState(NamedTuple):
    """All that an owner knew when it stopped, nothing of it uncommitted."""

    partition: Partition[Any]
    changelog_end: int
    next_offset: int  # of the input
    at: int  # ms

    def serves(self, changelog: OffsetSpan, now: int) -> bool:
        """True when it takes no more than to read the changelog on from `changelog_end`. `now` in ms."""
        return changelog.begin <= self.changelog_end <= changelog.end and now - self.at <= KEPT_FOR_MS
