"""Reads `sla.progress` back: until when the breaches in a topic are complete."""

import msgspec

from schemas.instant import read_milliseconds
from service.kafka.codec.record import Record
from service.kafka.codec.records import PROGRESS
from service.kafka.codec.unreadable import UnreadableRecordError


class _Said(msgspec.Struct):
    source_topic: str
    source_partition: int
    source_partitions: int
    complete_until: str


_said = msgspec.json.Decoder(_Said)


def is_progress(record: Record) -> bool:
    """True for a record that says how far the breaches are complete, and announces nothing."""
    return dict(record.headers).get("ce_type") == PROGRESS


class TopicProgress:
    """The progress of one input, from all records in all partitions of the breaches."""

    def __init__(self, source: str) -> None:
        """`source`: the name of the input, with its prefix."""
        self._source = source
        self._sources = 0  # partitions of the input
        self._partitions: set[int] = set()  # of the breaches
        self._until: dict[tuple[int, int], int] = {}  # by partition of the breaches and of the input

    def begin(self, partition: int) -> None:
        """Note a partition of the breaches, whether it has any records or not."""
        self._partitions.add(partition)

    def take(self, record: Record) -> None:
        """Take one record of progress, in any order. Raises UnreadableRecordError."""
        try:
            said = _said.decode(record.value or b"")
            until = read_milliseconds(said.complete_until)
        except (msgspec.DecodeError, UnicodeDecodeError):
            until = None
        if until is None:
            place = record.topic, record.partition, record.offset
            raise UnreadableRecordError(*place, record.key, "not written by this service")
        if said.source_topic == self._source:
            self._sources = max(self._sources, said.source_partitions)
            key = record.partition, said.source_partition
            self._until[key] = max(until, self._until.get(key, until))

    @property
    def until(self) -> int | None:
        """The instant (ms) before which every breach of the input is told; None: of a partition unsaid."""
        every = [(ours, source) for ours in self._partitions for source in range(self._sources)]
        if not every or any(key not in self._until for key in every):
            return None
        return min(self._until[key] for key in every)
