"""One tenure of an input partition: from fencing its earlier owners until it is given up or lost.

How it works. A tenure acquires the partition in five steps. It checks that it can reach the group. It fences
every earlier owner. It reads the group's offset. It reads the changelog to its end. It continues in the input
at the offset that both give. This order is the guarantee. Then a loop waits for records, for the end offset
and for the next deadline. All that came is judged in a turn, and a turn is one transaction.

What must never happen: that a tenure goes on after a transaction failed. Its memory may then be ahead of the
log. So the tenure ends, its memory is dropped, and the next tenure reads the changelog again.
"""

import asyncio
import logging
from collections.abc import Sequence
from itertools import chain
from typing import Any

from aiokafka import TopicPartition

from service.kafka.client.groupless_consumer import OffsetSpan, spans
from service.kafka.codec.record import Record
from service.kafka.exactly_once.adoption import Adoption
from service.kafka.exactly_once.breach_progress import BreachProgress
from service.kafka.exactly_once.commits import Commits
from service.kafka.exactly_once.completeness import Completeness
from service.kafka.exactly_once.context import Shared
from service.kafka.exactly_once.feed import SOON_MS, Feed
from service.kafka.exactly_once.group_offset import GroupOffset
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.placement import PlacementCheck
from service.kafka.exactly_once.restore import RestoreProgress, restore
from service.kafka.exactly_once.resume import resume_at
from service.kafka.exactly_once.source import Input
from service.kafka.exactly_once.status import OwnerState, Status
from service.kafka.exactly_once.transaction import NotCommittedError, Outgoing, Transactions
from service.kafka.exactly_once.turn import MANY, Instants, Turn, TurnLimits, Turns
from service.kafka.exactly_once.wakes import Wakes
from service.kafka.exactly_once.warm_state import WarmState
from service.sla.partition import Partition

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.02  # between checks whether another owner's clock comparison has ended


class Tenure:
    """One tenure. It ends by `stopping` or by an exception, and leaves `kept` and `room` to the next one."""

    def __init__(
        self,
        source: TopicPartition,
        read: Input,
        shared: Shared,
        room: TurnLimits,
        kept: WarmState | None,
    ) -> None:
        """`kept`: an earlier owner's state in this process; then only newer changelog records are read."""
        terms, self._counts, consumer, self._asker, self._clock, self._pace, self._share = shared
        self._source = source
        self._name = f"{source.topic}-{source.partition}"
        self._terms = terms
        self._input = read
        self._feed = Feed(consumer, source)
        self.changelog = TopicPartition(read.changelog, source.partition)
        self._outputs = Outputs(terms, self._counts, source, self.changelog)
        self.state = OwnerState.ACQUIRING
        self.stopping = False
        self.in_turn = False  # True while a transaction is made or committed
        self.is_well = False  # True once a turn was committed, or there was nothing to judge
        self.room = room
        self.kept = kept
        self._use(read.empty(self._owns))
        self._policies = Adoption(terms.policies, self._share)
        self._policies.begin(self.partition)
        self.progress = RestoreProgress()
        self.completeness = self._completeness()
        self._breaches = BreachProgress()
        self.next_offset = 0  # of the input
        self._committed = False  # True while everything in memory is committed
        self._offset = GroupOffset()
        self._small_turn_at = float("-inf")  # loop time when the last turn ended, if it took few records

    def _owns(self, name: str) -> bool:
        """True when the ticket or desk with that id belongs to this partition."""
        partitions = self._counts[self._source.topic]
        return self._terms.partitioner(name.encode(), partitions) == int(self._source.partition)

    def _completeness(self) -> Completeness:
        """Nothing is known to be complete yet."""
        source, asker = self._source, self._asker
        return Completeness(source, asker, self._clock, self._terms.grace, self._policies.source)

    def _use(self, partition: Partition[Any]) -> None:
        partitions, partitioner = self._counts[self._source.topic], self._terms.partitioner
        self.partition = partition
        self._turns = Turns(self._input, partition, self._outputs, partitions, partitioner)

    def status(self) -> Status:
        """The partition's status for probes and metrics."""
        running = self.state is OwnerState.RUNNING
        next_at = self.partition.next_at()
        overdue_since = None if next_at is None else next_at + self._terms.grace
        return Status(
            OwnerState.SILENT if running and self.completeness.silent else self.state,
            self.progress.restored,
            self.progress.total,
            self.progress.percent,
            self.progress.seconds_left,
            self.completeness.watermark,
            next_at,
            0 if overdue_since is None else max(0, self._clock.now() - overdue_since),
            self.partition.armed,
            len(self.partition),
            max(0, self.completeness.end - self.next_offset) if running else 0,
            self._breaches.until if running else None,
        )

    async def run(self) -> None:
        """Acquire the partition and judge. Raises the errors that `meaning_of` classifies."""
        terms, source = self._terms, self._source
        began = _time()
        self._feed.hold()
        # A process that cannot reach the group may have lost the partition, and must not fence its owner.
        await self._feed.committed()
        transactions = await Transactions.open(
            terms.connection, source, self.changelog, terms.group, terms.largest, self._clock
        )
        commits = Commits(source, transactions, self._offset, terms.observer, self._clock)
        try:
            await transactions.meet([*terms.topics, self.changelog.topic])
            committed = await self._feed.committed()
            logs = await spans(terms.connection, self.changelog)
            self.state = OwnerState.RESTORING
            span = self._begin_with_kept(logs[self.changelog])
            into = PlacementCheck(
                self.partition, source.partition, self._counts[source.topic], terms.partitioner
            )
            transactions.changelog_end = await restore(
                terms.connection, self.changelog, span, into, self.progress
            )
            reflects = self.partition.reflects
            self.next_offset = await resume_at(terms.connection, source, committed, reflects)
            self._offset.committed = committed or 0
            while self._clock.to_compare(self.changelog.topic):  # before a deadline is judged by this clock
                if self._clock.try_compare(self.changelog.topic):
                    await self._write_alone(commits, [self._outputs.blank()])
                else:
                    await asyncio.sleep(LOOK_SECONDS)
            self._feed.begin(self.next_offset)
            self.state = OwnerState.RUNNING
            self._committed = True
            self.completeness = self._completeness()
            restored, seconds = self.progress.restored, _time() - began
            terms.observer.acquired(source.partition, restored, seconds)
            log.info(
                "%s: running from offset %d; restored %d records in %.1f s",
                self._name,
                self.next_offset,
                restored,
                seconds,
            )
            await self._serve(commits)
        finally:
            if self.stopping and self._committed:
                await commits.last_offset(self.next_offset)
            if self._committed:
                self.kept = WarmState(
                    self.partition, transactions.changelog_end, self.next_offset, self._clock.latest()
                )
            await transactions.discard()

    def _begin_with_kept(self, changelog: OffsetSpan) -> OffsetSpan:
        """Adopt the kept state if it is recent enough; return the changelog span that is left to read."""
        kept, self.kept = self.kept, None
        if kept is None or not kept.serves(changelog, self._clock.latest()):
            return changelog
        self._use(kept.partition)
        self.partition.reflects = kept.next_offset - 1
        return OffsetSpan(kept.changelog_end, changelog.end)

    async def _serve(self, commits: Commits) -> None:
        """Judge records and deadlines until `stopping`."""
        wakes = Wakes(self._feed, self.completeness, self._pace)
        try:
            while not self.stopping:
                records = await wakes.next(self.partition.next_at(), self._small_turn_at)
                # While a poll is under way, the position is the one after the records given before. So
                # nothing that lets the poll go on may be awaited between the check of the poll and this.
                position = await self._feed.position()
                while records and not self.stopping:
                    records, position = await self._step(commits, records, position)
                if records:
                    break
                await self._policies.follow(self.partition, self.completeness)
                self.completeness.processed(position)
                if not self.stopping:
                    await self._attend(commits, position)
                # With a watermark, everything below the first end offset is judged.
                if self.completeness.watermark is not None:
                    self.is_well = True
        finally:
            await wakes.close()

    async def _attend(self, commits: Commits, position: int) -> None:
        """Judge lapsed deadlines, commit the offset, tell the progress, or compare clocks.

        All below `position` is processed.
        """
        if self.completeness.lapsed(self.partition.next_at()) or self._offset.is_due(position):
            await self._step(commits, [], position)
        elif self._clock.compare_again():
            await self._write_alone(commits, [self._outputs.blank()])  # Kafka gives it a time stamp
        await self._tell_progress(commits)

    async def _tell_progress(self, commits: Commits) -> None:
        """Tell consumers how far the breaches are complete, if nothing waits and it is time to."""
        at, known = self.completeness.at, self.completeness.watermark is not None
        if self.stopping or not known or self.completeness.lapsed(self.partition.next_at()):
            return
        if self._breaches.reach(self.partition, at) and self._breaches.until is not None:
            await self._write_alone(commits, self._outputs.progress(self._breaches.until))
            self._breaches.told(at)

    async def _write_alone(self, commits: Commits, outgoing: Sequence[Outgoing]) -> None:
        """Commit records that belong to no turn."""
        self._committed, self.in_turn = False, True
        try:
            await commits.write(outgoing)
        finally:
            self.in_turn = False
        self._committed = True

    async def _step(
        self, commits: Commits, records: Sequence[Record], end: int
    ) -> tuple[Sequence[Record], int]:
        """Judge `records` and commit the results: outputs, changelog, rejected records and the offset.

        All of it is one transaction. `end`: the offset after `records`. When there are many, the turn takes
        further records from the feed. Returns the records that it left, and the offset after them.
        """
        began, many = _time(), len(records) >= MANY
        turn = self._turns.begin(self.room, self._instants())
        self._committed, self.in_turn = False, True
        try:
            turn.take(records, end)
            await self._work(turn)
            while records and turn.has_room and not turn.left and not self.stopping:  # no poll is under way
                records = await self._feed.take(patience=0 if many else SOON_MS)
                end = await self._feed.position()
                if records:
                    turn.take(records, end)
                    await self._work(turn)
                if not many:
                    break
            await commits.turn(turn, began)
        except NotCommittedError:
            self.room = turn.smaller()
            raise
        finally:
            self.in_turn = False
        self.room = self.room.doubled()
        self.next_offset, self._committed = turn.next_offset, True
        self.is_well = True
        if turn.taken:
            self._small_turn_at = _time() if turn.is_small else float("-inf")
        for _, rejection in turn.rejected:
            self._terms.observer.rejected(rejection.reason)
        for one in chain.from_iterable(turn.fitted.values()):
            self._terms.observer.fitted(one.field, one.fitting)
        return turn.left, end

    def _instants(self) -> Instants:
        """The instants of a turn that begins now."""
        clock, completeness = self._clock, self.completeness
        now = max(clock.now(), completeness.watermark or 0)  # the watermark has passed for certain
        return Instants(now, clock.latest(), completeness.at, self._terms.grace)

    async def _work(self, turn: Turn) -> None:
        """Take all steps that the turn has room for; the event loop gets turns for other partitions."""
        await self._share.wait()  # reading the records has used loop time, too
        for _ in turn.work():
            if self.stopping:
                turn.full()
            if self._share.is_used:
                await self._share.wait()


def _time() -> float:
    return asyncio.get_running_loop().time()
