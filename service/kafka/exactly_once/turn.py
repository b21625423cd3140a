"""One turn of a partition: records and lapsed deadlines, judged in steps, and the records to write."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

from service.events.fact import Fitted
from service.events.rejection import Rejection
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import Record
from service.kafka.codec.records import decode
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.portion import portion
from service.kafka.exactly_once.source import Input
from service.kafka.exactly_once.transaction import Outgoing
from service.sla.announcement import Announcement
from service.sla.lapse import has_lapsed
from service.sla.partition import Arrival, Partition, Step

MANY = 200  # records in one turn; after a turn with so many, more are likely to wait
AT_ONCE = 250  # deadlines, or records, in one step; see portion
ANNOUNCED_AT_ONCE = 200  # announcements that are encoded before other tasks get a turn
SAID_BESIDE_BYTES = 500  # of an outgoing record besides its value, or besides the rejected record


class TurnLimits(NamedTuple):
    """The limits of one turn; they are high, because a small transaction takes as long as a large one."""

    records: int = 4_000
    deadlines: int = 3_000  # fewer, because deadlines that lapse meanwhile wait for the end of the turn
    size: int = 8 * 2**20  # bytes of outgoing records; no step begins once it is reached

    def doubled(self) -> Self:
        """Twice as much room, up to the default limits."""
        most = TurnLimits()
        return self._replace(
            records=min(2 * self.records, most.records), deadlines=min(2 * self.deadlines, most.deadlines)
        )


class Instants(NamedTuple):
    """The instants (ms) of one turn. `at` and `grace` as in Partition.step."""

    now: int  # of detection
    latest: int  # an event too far ahead of this instant is rejected
    at: int
    grace: int


class Turn:
    """The work of one transaction, which grows by steps. If the commit fails, drop the partition's memory."""

    def __init__(self, turns: "Turns", room: TurnLimits, instants: Instants) -> None:
        self._turns = turns
        self._room = room
        self._instants = instants
        self._end = 0  # the offset after the records in `left`
        self.left: Sequence[Record] = []
        self.taken = 0  # records
        self.deadlines = 0  # the most that the steps so far may have judged
        self.size = 0  # bytes of outgoing records, roughly
        self.next_offset = 0  # of the input; valid after the first step
        self.steps: list[Step] = []
        self.rejected: list[tuple[Record, Rejection]] = []
        self.fitted: dict[int, list[Fitted]] = {}  # by offset: codes that did not fit as they came
        self.outgoing: list[Outgoing] = []

    def take(self, records: Sequence[Record], end: int) -> None:
        """Set the next `records` to judge; `end`: the offset after them. `left` must be empty."""
        self.left, self._end = records, end

    @property
    def has_room(self) -> bool:
        """True while the turn may take more steps."""
        room = self._room
        return self.taken < room.records and self.deadlines < room.deadlines and self.size < room.size

    @property
    def is_small(self) -> bool:
        """True when the turn took few records, so that hardly any more are likely to wait."""
        return self.taken < MANY

    @property
    def is_reflected(self) -> bool:
        """True when a restore of the changelog will find the input offset that this turn reached.

        A ticket's state holds that offset (see Header.reflects), but a tombstone does not.
        """
        *before, last = [step.changes.values() for step in self.steps]
        forgotten = any(None in values for values in (*before, last))
        return not forgotten and any(True for _ in last)

    def work(self) -> Iterator[None]:
        """Take steps until nothing is left or the room is used up; at least one step.

        Yields wherever other tasks may get a turn. A caller that stops within a step must drop the
        partition's memory.
        """
        yield from self._step()
        while self.has_room and (self.left or self._has_lapsed()):
            yield from self._step()

    def full(self) -> None:
        """Begin no more steps."""
        self._room = TurnLimits(0, 0, 0)

    def smaller(self) -> TurnLimits:
        """Half the work of this turn: the room of the next turn, in case this turn was too large or slow."""
        return TurnLimits(max(1, self.taken // 2), max(1, self.deadlines // 2))

    def _has_lapsed(self) -> bool:
        due = self._turns.partition.next_at()
        return due is not None and has_lapsed(due, self._instants.at)

    def _step(self) -> Iterator[None]:
        partition, outputs, (now, latest, at, grace) = (
            self._turns.partition,
            self._turns.outputs,
            self._instants,
        )
        room = max(1, self._room.records - self.taken)
        read = partial(self._turns.decode, latest=latest, fitted=self.fitted)
        arrivals, sources, rejected, taken = portion(self.left, min(AT_ONCE, room), read, partition.weigh)
        yield
        self.left = self.left[taken:]
        self.taken += taken
        self.next_offset = self.left[0].offset if self.left else self._end
        deadlines = min(AT_ONCE, max(1, self._room.deadlines - self.deadlines))
        self.deadlines += deadlines if self._has_lapsed() else 0
        step = partition.step(
            arrivals, at=at, now=now, offset=self.next_offset - 1, grace=grace, most=deadlines
        )
        self.steps.append(step)
        yield
        rejected += [(sources[index], self._turns.full) for index in step.refused]
        self.rejected += rejected
        news, taken_at = step.announcements, {record.offset: record for record in sources}
        for begin in range(0, len(news), ANNOUNCED_AT_ONCE):
            several = news[begin : begin + ANNOUNCED_AT_ONCE]
            self._send([outputs.announce(one, _cause(one, taken_at)) for one in several])
            yield
        self._send([outputs.state(key, value) for key, value in step.changes.items()])
        for record, rejection in rejected:
            self.outgoing.append(outputs.reject(record, rejection))
            self.size += record.weight + SAID_BESIDE_BYTES
            yield

    def _send(self, outgoing: list[Outgoing]) -> None:
        self.outgoing += outgoing
        self.size += sum(len(one.value or b"") + SAID_BESIDE_BYTES for one in outgoing)


def _cause(announcement: Announcement, taken_at: Mapping[int, Record]) -> Record | None:
    """The record that brought an announcement about; None: a deadline did, or a record of another turn.

    `taken_at`: the records of the step, by offset.
    """
    fact = announcement.caused_by
    record = taken_at.get(fact.offset) if fact is not None else None
    # State that was imported may have facts of other partitions.
    return record if record is not None and fact is not None and record.partition == fact.partition else None


class Turns:
    """Begins the turns of one tenure: holds what all of them use."""

    def __init__(
        self,
        read: Input,
        partition: Partition[Any],
        outputs: Outputs,
        partitions: int,
        partitioner: Partitioner,
    ) -> None:
        """`partitions`: their number in the input."""
        self.partition = partition
        self.outputs = outputs
        self.full = read.full  # the rejection of a record whose ticket or desk is full
        self._kinds = read.kinds
        self._partitions = partitions
        self._partitioner = partitioner

    def begin(self, room: TurnLimits, instants: Instants) -> Turn:
        """A turn that has taken nothing yet."""
        return Turn(self, room, instants)

    def decode(self, record: Record, latest: int, fitted: dict[int, list[Fitted]]) -> Arrival | Rejection:
        """See service.kafka.codec.records.decode, which calls `latest` `now`.

        A record that does not find room in a step is decoded again in the next; it is in `fitted` once.
        """
        told: list[Fitted] = []
        known = self.partition.weigh
        found = decode(record, latest, self._partitions, self._partitioner, known, self._kinds, told.append)
        if told:
            fitted[record.offset] = told
        return found
