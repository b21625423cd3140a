"""The owner of one input partition: wait for records or the next deadline, decode, step, commit.

What fails here concerns this partition only. When the log failed, it is acquired again at once; when it is
something that only a person can mend, the partition is *refused*: it says why, and is tried again later.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.clock import Clock
from service.kafka.client.groupless_consumer import Span, spans
from service.kafka.client.log_end import Answer, Asker
from service.kafka.codec.record import Record
from service.kafka.exactly_once.batch import Room, Turn
from service.kafka.exactly_once.blank import blank
from service.kafka.exactly_once.completeness import Horizon
from service.kafka.exactly_once.context import Terms
from service.kafka.exactly_once.feed import SOON, Feed
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.pace import Pace
from service.kafka.exactly_once.placement import Placed
from service.kafka.exactly_once.refusal import AGAIN, FORESEEN, reason_of
from service.kafka.exactly_once.restore import Progress, restore
from service.kafka.exactly_once.resume import resume_at
from service.kafka.exactly_once.share import Share
from service.kafka.exactly_once.source import Input
from service.kafka.exactly_once.status import State, Status
from service.kafka.exactly_once.transaction import FencedError, NotCommittedError, Transactions
from service.kafka.exactly_once.warm_state import Kept
from service.kafka.topics.acl import denied

log = logging.getLogger(__name__)

FENCED_FOR = 1.5  # seconds: longer than a zombie needs to learn of its end, so that it does not fence again
BACK_OFF = (0.1, 2.0)  # seconds, doubled from the first to the second: soon there when the log is back
OFFSET_EVERY = 1.0  # seconds between two commits of the group's offset that a small turn could do without
LOOK = 0.02  # seconds between looks at what came of another owner's try
FINISH_WITHIN = 3.0  # seconds that a running transaction gets when the partition is taken away

MANY = 200  # records in one turn, from which on more are likely to wait

LOG_FAILURES = (NotCommittedError, KafkaError, OSError)  # TimeoutError is an OSError


class Owner:
    """Owns one partition from `start` to `stop`, and acquires it again whenever the log fails it."""

    def __init__(
        self,
        source: TopicPartition,
        read: Input,
        terms: Terms,
        counts: Mapping[str, int],
        consumer: AIOKafkaConsumer,
        asker: Asker,
        clock: Clock,
        pace: Pace,
        share: Share,
        kept: Kept | None = None,
    ) -> None:
        """`kept`: of an earlier owner of this process; then only what the changelog got since is read."""
        self._source = source
        self._name = f"{source.topic}-{source.partition}"
        self._input = read
        self._terms = terms
        self._counts = counts  # partitions by topic
        self._outputs = Outputs(terms, counts, source)
        self._feed = Feed(consumer, source)
        self._asker = asker
        self._clock = clock
        self._pace = pace
        self._share = share
        self._kept = kept
        self._changelog = TopicPartition(read.changelog, source.partition)
        self._state = State.ACQUIRING
        self._stopping = False
        self._in_turn = False  # a transaction is made or committed
        self._room = Room()
        self._reason: str | None = None  # why it was refused, until it is judged again
        self._task: asyncio.Task[None] | None = None
        self._forget()

    def _forget(self) -> None:
        """Have nothing in memory; the changelog has it all."""
        self._partition = self._input.empty(self._owns)
        self._committed = False  # all that is in memory
        self._horizon = Horizon(self._source, self._asker, self._clock, self._terms.grace)
        self._progress = Progress()
        self._next_offset = 0  # of the input
        self._offset = 0  # that the group has been told
        self._offset_at = self._turn_at = float("-inf")  # loop time when; and of the last turn
        self._small_turn_at = float("-inf")  # loop time when the last turn ended, if it took few records

    def _owns(self, name: str) -> bool:
        """True when the ticket or desk of that id belongs to this partition."""
        partitions = self._counts[self._source.topic]
        return self._terms.partitioner(name.encode(), partitions) == int(self._source.partition)

    def status(self) -> Status:
        """What to show."""
        running = self._state is State.RUNNING
        next_at = self._partition.next_at()
        overdue_since = None if next_at is None else next_at + self._terms.grace
        return Status(
            State.SILENT if running and self._horizon.silent else self._state,
            self._progress.restored,
            self._progress.total,
            self._progress.percent,
            self._progress.seconds_left,
            self._horizon.watermark,
            next_at,
            0 if overdue_since is None else max(0, self._clock.now() - overdue_since),
            self._partition.armed,
            len(self._partition),
            max(0, self._horizon.end - self._next_offset) if running else 0,
            self._reason,
        )

    def start(self) -> "asyncio.Task[None]":
        """Begin. The task ends by `stop`, or by an exception that is not the log's fault."""
        self._task = asyncio.create_task(self._run(), name=f"owner of {self._name}")
        return self._task

    @property
    def stopping(self) -> bool:
        """True once `stop` was called."""
        return self._stopping

    async def stop(self) -> Kept | None:
        """Give the partition up: a transaction that is under way may end, then nothing more is done.

        Gives what the next owner in this process may begin with.
        """
        if self._task is None:
            return None
        self._stopping = True
        if not self._in_turn:
            self._task.cancel()
        _, late = await asyncio.wait([self._task], timeout=FINISH_WITHIN)
        if late:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=FINISH_WITHIN)
        self._state = State.STOPPED
        return self._kept

    async def _run(self) -> None:
        back_off, refused_for = BACK_OFF[0], AGAIN[0]
        while not self._stopping:
            attempt = asyncio.create_task(self._own(), name=f"attempt at {self._name}")
            error = await _outcome(attempt)
            if error is None:
                continue
            was_running, next_offset = self._state is State.RUNNING, self._next_offset
            self._state, self._kept = State.ACQUIRING, None
            self._forget()
            if isinstance(error, FencedError):
                log.warning("%s: another process has taken the partition over", self._name)
                self._terms.observer.fenced()
                back_off = FENCED_FOR
            elif isinstance(error, LOG_FAILURES) and not isinstance(error, FORESEEN):
                if denied(error):
                    raise error
                log.warning("%s: acquiring again: %r", self._name, error)
                self._terms.observer.lost()
                back_off = BACK_OFF[0] if was_running else min(2 * back_off, BACK_OFF[1])
            elif isinstance(error, MemoryError) or not isinstance(error, Exception):
                raise error
            else:
                refused_for = AGAIN[0] if self._reason is None else min(2 * refused_for, AGAIN[1])
                self._refuse(error, next_offset if was_running else None)
                back_off = refused_for
            await asyncio.sleep(back_off)

    def _refuse(self, error: Exception, next_offset: int | None) -> None:
        """Say what is wrong, once for the same: it is tried again and again."""
        reason = reason_of(error, self._source, self._changelog, next_offset)
        unforeseen = error if not isinstance(error, FORESEEN) else None
        if reason != self._reason:
            log.error("%s: refused, and not judged until this is mended: %s", self._name, reason)
            if unforeseen:
                log.critical("%s: an error of our own", self._name, exc_info=unforeseen)
        self._state, self._reason = State.REFUSED, reason

    async def _own(self) -> None:
        """Fence, committed offset, changelog and its end, restore, seek, run: the order is the guarantee."""
        terms, source = self._terms, self._source
        began = _time()
        self._feed.hold()
        # Who cannot reach the group may have lost the partition long ago, and shall not fence its owner.
        await self._feed.committed()
        transactions = await Transactions.open(
            terms.connection, source, self._changelog, terms.group, terms.largest, self._clock
        )
        try:
            await transactions.meet([*terms.topics, self._changelog.topic])
            committed = await self._feed.committed()
            logs = await spans(terms.connection, self._changelog)
            self._state = State.RESTORING
            span = self._begin_with_kept(logs[self._changelog])
            into = Placed(self._partition, source.partition, self._counts[source.topic], terms.partitioner)
            transactions.changelog_end = await restore(
                terms.connection, self._changelog, span, into, self._progress
            )
            reflects = self._partition.reflects
            self._next_offset = await resume_at(terms.connection, source, committed, reflects)
            self._offset = committed or 0
            while self._clock.to_compare(self._changelog.topic):  # before any deadline is judged by it
                if self._clock.try_compare(self._changelog.topic):
                    await self._compare(transactions)
                else:
                    await asyncio.sleep(LOOK)
            self._feed.begin(self._next_offset)
            self._state = State.RUNNING
            self._committed = True
            self._horizon = Horizon(source, self._asker, self._clock, terms.grace)
            restored, seconds = self._progress.restored, _time() - began
            terms.observer.acquired(source.partition, restored, seconds)
            log.info(
                "%s: running from offset %d; restored %d records in %.1f s",
                self._name,
                self._next_offset,
                restored,
                seconds,
            )
            await self._serve(transactions)
        finally:
            if self._stopping:
                await self._tell_offset(transactions)
            if self._committed:
                self._kept = Kept(
                    self._partition, transactions.changelog_end, self._next_offset, self._clock.latest()
                )
            await transactions.discard()

    def _begin_with_kept(self, changelog: Span) -> Span:
        """What is left to read of the changelog."""
        kept, self._kept = self._kept, None
        if kept is None or not kept.serves(changelog, self._clock.latest()):
            return changelog
        self._partition = kept.partition
        self._partition.reflects = kept.next_offset - 1
        return Span(kept.changelog_end, changelog.end)

    async def _serve(self, transactions: Transactions) -> None:
        """The loop. Raises LOG_FAILURES."""
        poll: asyncio.Task[Sequence[Record]] | None = None
        ask: asyncio.Task[Answer] | None = None
        horizon = self._horizon
        try:
            while not self._stopping:
                # Before a poll, not after it: what was given and is not processed looks as if it were.
                paced = 0.0 if horizon.behind else self._pace.left(self._small_turn_at)
                if poll is None and not paced:
                    poll = asyncio.create_task(self._feed.take(patience=1_000))
                ask = ask or horizon.ask(self._partition.next_at())
                patience = horizon.patience(self._partition.next_at(), asking=ask is not None)
                await asyncio.wait(
                    [one for one in (poll or self._pace.hurried, ask) if one is not None],
                    timeout=patience if poll else min(patience, paced),
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if ask is not None and ask.done():
                    self._hear(ask)
                    ask = None
                records: Sequence[Record] = []
                if poll is not None and poll.done():
                    records, poll = poll.result(), None
                # While `poll` is not done, the position is that of what we were given before. So between the
                # look at it and this nothing may be awaited that could let it go on.
                position = await self._feed.position()
                while records and not self._stopping:
                    records, position = await self._step(transactions, records, position)
                if records:
                    break
                horizon.processed(position)
                if not self._stopping:
                    await self._attend(transactions, position)
                self._look_well()
        finally:
            for task in (poll, ask):
                if task is not None:
                    task.cancel()
                    await asyncio.wait([task])
                    _ = task.cancelled() or task.exception()

    def _look_well(self) -> None:
        """Have nothing to complain of, once all was judged that was there when the log was first asked."""
        if self._horizon.watermark is not None:
            self._reason = None

    def _hear(self, ask: "asyncio.Task[Answer]") -> None:
        """Take the log's answer: a deadline that has to wait for records waits as shortly as may be."""
        self._horizon.hear(ask)
        if self._horizon.behind and self._horizon.is_due(self._partition.next_at()):
            self._pace.hurry()

    async def _attend(self, transactions: Transactions, position: int) -> None:
        """What there is to do besides records, all of which are processed below that offset."""
        if self._horizon.lapsed(self._partition.next_at()) or self._passed(position):
            await self._step(transactions, [], position)
        elif self._clock.compare_again():
            await self._compare(transactions)

    async def _compare(self, transactions: Transactions) -> None:
        """Hold our clock against Kafka's, by a record that says nothing."""
        source, terms = self._source, self._terms
        self._committed, self._in_turn = False, True
        try:
            nothing = blank(self._changelog, self._counts[source.topic], terms.partitioner)
            await transactions.commit([nothing], {})
        except BaseException:  # a cancellation too
            terms.observer.aborted()
            raise
        finally:
            self._in_turn = False
        self._committed = True

    def _passed(self, position: int) -> bool:
        """True when the group should be told an offset though there is nothing to judge.

        It was not told of the last small turn; or the log had only markers, which it may lose.
        """
        return position > self._offset and _time() - max(self._offset_at, self._turn_at) > OFFSET_EVERY

    async def _step(
        self, transactions: Transactions, records: Sequence[Record], end: int
    ) -> tuple[Sequence[Record], int]:
        """Judge and commit: outputs, changelog, what was rejected, and the offset, in one transaction.

        Takes `records`, after which offset `end` is next, and those that follow them when there are many.
        Gives those that it left, and the offset after them.
        """
        began, many = _time(), len(records) >= MANY
        turn = Turn(
            self._input,
            self._partition,
            self._changelog,
            self._outputs,
            self._counts[self._source.topic],
            self._terms.partitioner,
            self._room,
            now=max(self._clock.now(), self._horizon.watermark or 0),  # that instant has come, for sure
            latest=self._clock.latest(),
            at=self._horizon.at,
            grace=self._terms.grace,
        )
        self._committed, self._in_turn = False, True
        try:
            turn.take(records, end)
            await self._work(turn)
            while records and turn.has_room and not turn.left and not self._stopping:  # no poll is under way
                records = await self._feed.take(patience=0 if many else SOON)
                end = await self._feed.position()
                if records:
                    turn.take(records, end)
                    await self._work(turn)
                if not many:
                    break
            await self._commit(transactions, turn, began)
        except NotCommittedError:
            self._room = turn.smaller()
            raise
        finally:
            self._in_turn = False
        self._room = self._room.doubled()
        self._next_offset, self._committed = turn.next_offset, True
        self._reason = None
        if turn.taken:
            self._small_turn_at = _time() if turn.taken < MANY else float("-inf")
        for _, rejection in turn.rejected:
            self._terms.observer.rejected(rejection.reason)
        return turn.left, end

    async def _work(self, turn: Turn) -> None:
        """All steps that it has room for, without holding the loop: others may have deadlines."""
        await self._share.wait()  # what was read a moment ago took its time, too
        for _ in turn.work():
            if self._stopping:
                turn.full()
            if self._share.is_used:
                await self._share.wait()

    async def _commit(self, transactions: Transactions, turn: Turn, began: float) -> None:
        """What a turn that began then brought, when it brought anything.

        To tell the group its offset is a third of what a small transaction costs. Where the changelog says as
        much, a second may pass between two.
        """
        observer = self._terms.observer
        offset = turn.next_offset
        told = offset > self._offset and not (
            turn.taken < MANY and turn.is_reflected and _time() - self._offset_at < OFFSET_EVERY
        )
        if not turn.outgoing and not told:
            return
        try:
            await transactions.commit(turn.outgoing, {self._source: offset} if told else {})
        except BaseException:  # a cancellation too
            observer.aborted()
            raise
        self._turn_at = _time()
        if told:
            self._offset, self._offset_at = offset, self._turn_at
        observer.committed(turn.steps, turn.taken, self._clock.now(), _time() - began)

    async def _tell_offset(self, transactions: Transactions) -> None:
        """The last word of an owner that stops: the group's offset, where it was not told of all turns."""
        if not self._committed or self._next_offset <= self._offset:
            return
        try:
            await transactions.commit((), {self._source: self._next_offset})
        except NotCommittedError as error:  # the next owner finds it in the changelog
            log.warning("%s: the group was not told the last offset: %r", self._name, error)


async def _outcome(task: "asyncio.Task[None]") -> BaseException | None:
    """The error that a task of ours ends with; it is cancelled when we are."""
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise
    return task.exception()


def _time() -> float:
    return asyncio.get_running_loop().time()
