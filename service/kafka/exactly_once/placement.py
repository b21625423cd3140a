"""Whether a changelog is partitioned as we would: tickets of another partition are not ours to judge."""

from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.unreadable import named
from service.kafka.exactly_once.restore import Restorable
from service.sla.state import names

LOOK_AT = 1_000  # records: were keys placed otherwise, no more than half of them would fit by chance


class MisplacedError(Exception):
    """A ticket's state lies where another owner should have it. `key` is its."""

    def __init__(self, problem: str, key: str) -> None:
        super().__init__(problem)
        self.key = key


class Placed:
    """Passes a changelog on, and looks whether the tickets of its first records belong here."""

    def __init__(self, into: Restorable, partition: int, partitions: int, partitioner: Partitioner) -> None:
        self._into = into
        self._partition = partition
        self._partitions = partitions
        self._partitioner = partitioner
        self._left = LOOK_AT

    def restore(self, key: str, value: bytes | None) -> None:
        """See Restorable. Raises MisplacedError."""
        if self._left:
            self._left -= 1
            _, ticket_id = names(key)
            belongs = self._partitioner(ticket_id.encode(), self._partitions)
            if belongs != self._partition:
                raise MisplacedError(
                    f"partition {self._partition} of the changelog holds a ticket of partition {belongs}, "
                    f"{named(key.encode())}: partitions were added to it, or SLA_PARTITIONER is another; "
                    f"put things back, or migrate with `sla-timer state export` and `state import`",
                    key,
                )
        self._into.restore(key, value)
