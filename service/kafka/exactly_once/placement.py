"""Checks that a changelog is partitioned by our partitioner: each ticket must lie in its own partition."""

from collections.abc import Callable

from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.unreadable import named
from service.kafka.exactly_once.restore import Restorable
from service.sla.state import names

LOOK_AT = 1_000  # records; with another partitioner at most half of them would fit by chance


class MisplacedError(Exception):
    """A ticket's state lies in a partition where it does not belong. `key`: the ticket's changelog key."""

    def __init__(self, problem: str, key: str) -> None:
        super().__init__(problem)
        self.key = key


class PlacementCheck:
    """Passes changelog records on, and checks that the tickets of the first `LOOK_AT` belong here."""

    def __init__(self, into: Restorable, partition: int, partitions: int, partitioner: Partitioner) -> None:
        self._into = into
        self._partition = partition
        self._partitions = partitions
        self._partitioner = partitioner
        self._left = LOOK_AT
        self.restore: Callable[[str, bytes | None], None] = self._check
        """See Restorable. Raises MisplacedError."""

    def _check(self, key: str, value: bytes | None) -> None:
        _, ticket_id = names(key)
        belongs = self._partitioner(ticket_id.encode(), self._partitions)
        if belongs != self._partition:
            raise MisplacedError(
                f"partition {self._partition} of the changelog holds a ticket of partition {belongs}, "
                f"{named(key.encode())}: partitions were added to it, or SLA_PARTITIONER was changed; "
                f"undo the change, or migrate with `sla-timer state export` and `state import`",
                key,
            )
        self._left -= 1
        if not self._left:
            self.restore = self._into.restore  # millions follow: they take no way round
        self._into.restore(key, value)
