"""The state that an owner leaves for the next one in its process, if the group gives the partition back."""

from typing import Any, NamedTuple

from service.kafka.client.groupless_consumer import OffsetSpan
from service.sla.partition import Partition

KEPT_FOR_MS = 3_600_000  # within this time compaction removes no tombstone written since the owner stopped


class WarmState(NamedTuple):
    """The committed memory of an owner when it stopped."""

    partition: Partition[Any]
    changelog_end: int
    next_offset: int  # of the input
    at: int  # ms

    def serves(self, changelog: OffsetSpan, now: int) -> bool:
        """True when reading the changelog from `changelog_end` on completes this state. `now` in ms."""
        return changelog.begin <= self.changelog_end <= changelog.end and now - self.at <= KEPT_FOR_MS
