"""One turn of a partition: what arrived and lapsed, judged a little at a time, and what goes out for it."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

from aiokafka import TopicPartition

from service.events.rejection import Rejection
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import Record
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.portion import portion
from service.kafka.exactly_once.source import Input
from service.kafka.exactly_once.transaction import Outgoing
from service.sla.lapse import has_lapsed
from service.sla.partition import Partition, Step

MANY = 200  # records in one turn, from which on more are likely to wait
AT_ONCE = 250  # deadlines, or records, in one step
ANNOUNCED_AT_ONCE = 200  # announcements that are written before others may go on
SAID_BESIDE_BYTES = 500  # of an outgoing record besides its value, or what was put aside


class Room(NamedTuple):
    """How much a turn may take: a transaction costs as much time with little as with much."""

    records: int = 4_000
    deadlines: int = 3_000  # fewer, as who lapses meanwhile waits for the end of the turn
    size: int = 8 * 2**20  # bytes of what goes out; no more begins once it is reached

    def doubled(self) -> Self:
        """Up to what every turn may take."""
        most = Room()
        return self._replace(
            records=min(2 * self.records, most.records), deadlines=min(2 * self.deadlines, most.deadlines)
        )


class Turn:
    """Grows by steps; then it is committed, or all that was in memory is forgotten."""

    def __init__(
        self,
        read: Input,
        partition: Partition[Any],
        changelog: TopicPartition,
        outputs: Outputs,
        partitions: int,
        partitioner: Partitioner,
        room: Room,
        *,
        now: int,
        latest: int,
        at: int,
        grace: int,
    ) -> None:
        """`partitions` of the input; `now` (ms) of detection; no event may lie too far ahead of `latest`.

        `at` and `grace` as in Partition.step.
        """
        self._partition = partition
        self._changelog = changelog
        self._outputs = outputs
        knows = partition.weigh
        self._decode = lambda record: read.decode(record, latest, partitions, partitioner, knows)
        self._full = read.full
        self._room = room
        self._now, self._at, self._grace = now, at, grace
        self._end = 0  # the offset after the records that are left
        self.left: Sequence[Record] = []
        self.taken = 0  # records
        self.deadlines = 0  # that were looked for
        self.size = 0  # bytes of what goes out, about
        self.next_offset = 0  # of the input, once a step was taken
        self.steps: list[Step] = []
        self.rejected: list[tuple[Record, Rejection]] = []
        self.outgoing: list[Outgoing] = []

    def take(self, records: Sequence[Record], end: int) -> None:
        """Look at `records` next, after which offset `end` follows; nothing may be left of those before."""
        self.left, self._end = records, end

    @property
    def has_room(self) -> bool:
        """True while it may take more."""
        room = self._room
        return self.taken < room.records and self.deadlines < room.deadlines and self.size < room.size

    @property
    def is_small(self) -> bool:
        """True when hardly more records are likely to wait."""
        return self.taken < MANY

    @property
    def is_reflected(self) -> bool:
        """True when the changelog shows, to whoever restores it, up to where the input was taken.

        The state of a ticket says so, as long as there is one: see Header.reflects.
        """
        *before, last = [step.changes.values() for step in self.steps]
        forgotten = any(None in values for values in (*before, last))
        return not forgotten and any(True for _ in last)

    def work(self) -> Iterator[None]:
        """Step by step until nothing is left, or there is no more room; at least one step.

        Pauses wherever others may go on. Whoever stops before a step is over has to forget the partition.
        """
        yield from self._step()
        while self.has_room and (self.left or self._has_lapsed()):
            yield from self._step()

    def full(self) -> None:
        """Begin no more steps."""
        self._room = Room(0, 0, 0)

    def smaller(self) -> Room:
        """Half of what this turn had: for the next, when it failed for its size or time."""
        return Room(max(1, self.taken // 2), max(1, self.deadlines // 2))

    def _has_lapsed(self) -> bool:
        due = self._partition.next_at()
        return due is not None and has_lapsed(due, self._at)

    def _step(self) -> Iterator[None]:
        most = min(AT_ONCE, max(1, self._room.records - self.taken))
        arrivals, sources, rejected, taken = portion(self.left[:most], self._decode, self._partition.weigh)
        yield
        self.left = self.left[taken:]
        self.taken += taken
        self.next_offset = self.left[0].offset if self.left else self._end
        deadlines = min(AT_ONCE, max(1, self._room.deadlines - self.deadlines))
        self.deadlines += deadlines if self._has_lapsed() else 0
        step = self._partition.step(
            arrivals,
            at=self._at,
            now=self._now,
            offset=self.next_offset - 1,
            grace=self._grace,
            most=deadlines,
        )
        self.steps.append(step)
        yield
        rejected += [(sources[index], self._full) for index in step.refused]
        self.rejected += rejected
        news = step.announcements
        for begin in range(0, len(news), ANNOUNCED_AT_ONCE):
            self._send([self._outputs.announce(one) for one in news[begin : begin + ANNOUNCED_AT_ONCE]])
            yield
        self._send([Outgoing(self._changelog, key.encode(), value) for key, value in step.changes.items()])
        for record, rejection in rejected:
            self.outgoing.append(self._outputs.reject(record, rejection))
            self.size += record.weight + SAID_BESIDE_BYTES
            yield

    def _send(self, outgoing: list[Outgoing]) -> None:
        self.outgoing += outgoing
        self.size += sum(len(one.value or b"") + SAID_BESIDE_BYTES for one in outgoing)
