"""One turn of a partition: what arrived and what lapsed, judged, and all that goes out for it at once."""

from collections.abc import Sequence

from aiokafka import TopicPartition

from service.events.rejection import Rejection
from service.kafka.input import Input, Judged
from service.kafka.outputs import Outputs
from service.kafka.partitioner import Partitioner
from service.kafka.portion import portion
from service.kafka.record import Record
from service.kafka.transaction import Outgoing
from service.sla.partition import Step

AT_ONCE = 1_000  # records, or deadlines, in one step: what other partitions may have to wait for
STEPS = 4  # in one turn, while there is more: a transaction costs as much time with few records as with many


class Turn:
    """Grows by steps; then it is committed, or all that was in memory is forgotten."""

    def __init__(
        self,
        read: Input,
        partition: Judged,
        changelog: TopicPartition,
        outputs: Outputs,
        partitions: int,
        partitioner: Partitioner,
        now: int,
    ) -> None:
        """`partitions` of the input; `now`, the instant (ms) from which no event may lie too far ahead."""
        self._partition = partition
        self._changelog = changelog
        self._outputs = outputs
        knows = partition.weigh
        self._decode = lambda record: read.decode(record, now, partitions, partitioner, knows)
        self._full = read.full
        self._now = now
        self.taken = 0  # records
        self.next_offset = 0  # of the input, once a step was taken
        self.steps: list[Step] = []
        self.rejected: list[tuple[Record, Rejection]] = []
        self.outgoing: list[Outgoing] = []

    def step(self, records: Sequence[Record], end: int, *, at: int, grace: int) -> int:
        """Take the first of `records`, after which offset `end` is next, and some deadlines.

        Gives how many records that were. `at` and `grace` as in Partition.step.
        """
        arrivals, sources, rejected, taken = portion(records[:AT_ONCE], self._decode, self._partition.weigh)
        self.taken += taken
        self.next_offset = records[taken].offset if taken < len(records) else end
        step = self._partition.step(
            arrivals, at=at, now=self._now, offset=self.next_offset - 1, grace=grace, most=AT_ONCE
        )
        rejected += [(sources[index], self._full) for index in step.refused]
        out = self.outgoing
        out += [self._outputs.announce(announcement) for announcement in step.announcements]
        out += [Outgoing(self._changelog, key.encode(), value) for key, value in step.changes.items()]
        out += [self._outputs.put_aside(record, rejection) for record, rejection in rejected]
        self.rejected += rejected
        self.steps.append(step)
        return taken
