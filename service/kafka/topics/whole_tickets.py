"""Sends whole tickets: all events of a ticket side by side in one batch, many batches in one transaction.

How it works. Kafka appends a batch as one, and the service judges adjacent records of one key together. So
nothing is announced by half of a ticket that its other half takes back. A transaction adds that a reader sees
all of it or nothing, also when this process is killed. The deadlines of its partitions wait until it ends, so
it is short; a large file is many transactions.

When a commit is not answered, a new producer with the same transactional id settles the transaction. Whether
it was committed is then read at the offset of its first batch, so nothing is sent twice.

This is the fourth place where a transaction commits.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TextIO

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    InvalidTimestampError,
    KafkaError,
    MessageSizeTooLargeError,
)

from service.errors import RefusalError
from service.kafka.client.groupless_consumer import OffsetSpan, reading
from service.kafka.client.ignored import read_later
from service.kafka.client.patience import PATIENCE_SECONDS, patiently
from service.kafka.client.read_to_end import read_to_end
from service.kafka.client.transactional_producer import (
    STAMP_REFUSED,
    FateUnknownError,
    discard,
    open_producer,
)
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import WHOLE_BYTES
from service.kafka.topics.acl import DENIALS
from service.kafka.topics.lifecycle import STRUCTURED
from service.kafka.topics.scan import partitions_of
from service.text.visible import visible

LASTS_SECONDS = 0.3  # then a transaction takes no more batches; its commit comes to that
COMMIT_WITHIN_SECONDS = 8.0  # below the time after which Kafka itself ends a transaction
RECORD_BYTES = 100  # of a record in a batch besides key and value, at most
# aiokafka raises the last two when its sender died meanwhile. TimeoutError is an OSError.
_FAILURES = (KafkaError, OSError, FateUnknownError, AssertionError, IllegalOperation)
_USELESS_TO_REPEAT = (*DENIALS, InvalidTimestampError, MessageSizeTooLargeError)


# Sends tickets, each with its key and its events; the function is told the records of each transaction.
SendWhole = Callable[[Iterable[tuple[str, Sequence[bytes]]], Callable[[int], None]], Awaitable[None]]


class TicketEvents(NamedTuple):
    """All events of a ticket, or of several with one key: structured CloudEvents, in order."""

    key: str  # of the records
    events: Sequence[bytes]

    @property
    def size(self) -> int:
        """Bytes in a batch, at most."""
        return sum(len(event) + len(self.key.encode()) + RECORD_BYTES for event in self.events)

    @property
    def fits(self) -> bool:
        """True when all of its events are judged together."""
        return self.size <= WHOLE_BYTES


class Batch(NamedTuple):
    """Records that are appended as one."""

    partition: int
    records: list[tuple[bytes, bytes]]  # key, value


async def send_whole(
    connection: Mapping[str, Any],
    topic: str,
    tickets: Iterable[TicketEvents],
    *,
    partitioner: Partitioner,
    group: str,
    sent: Callable[[int], None],
) -> None:
    """Send all tickets; `sent` is told the number of records of each committed transaction.

    A ticket that does not fit into a batch is sent in several, in one transaction as far as it lasts.
    Raises RefusalError when the topic is missing, or Kafka does not take the events: what was told to `sent`
    is in the log then, and nothing else.
    """
    partitions = await partitions_of(connection, topic)
    batches = batches_of(tickets, partitioner, partitions)
    sender = _Sender(connection, topic, f"{group}-publish-{uuid.uuid4().hex[:8]}")
    try:
        while (first := next(batches, None)) is not None:
            sent(await sender.transaction(first, batches))
    finally:
        await sender.close()


def whole_sender(
    connection: Mapping[str, Any], topic: str, *, partitioner: Partitioner, group: str, err: TextIO
) -> SendWhole:
    """Return `send_whole` for commands: it tells of each ticket that is too large."""

    async def send(tickets: Iterable[tuple[str, Sequence[bytes]]], sent: Callable[[int], None]) -> None:
        listed = told_if_too_large((TicketEvents(*one) for one in tickets), err)
        await send_whole(connection, topic, listed, partitioner=partitioner, group=group, sent=sent)

    return send


def told_if_too_large(tickets: Iterable[TicketEvents], err: TextIO) -> Iterator[TicketEvents]:
    """Yield the tickets; tell of each that has more events than are judged together."""
    for ticket in tickets:
        if not ticket.fits:
            has = f"ticket {ticket.key} has events of {ticket.size:,} bytes"
            print(visible(f"{has}, and is judged in parts: more than {WHOLE_BYTES:,} do not fit"), file=err)
        yield ticket


def batches_of(tickets: Iterable[TicketEvents], partitioner: Partitioner, partitions: int) -> Iterator[Batch]:
    """Yield batches of whole tickets; a ticket that does not fit fills several alone."""
    begun: dict[int, Batch] = {}
    sizes: dict[int, int] = {}
    for ticket in tickets:
        key = ticket.key.encode()
        number = partitioner(key, partitions)
        if sizes.get(number, 0) + ticket.size > WHOLE_BYTES and number in begun:
            yield begun.pop(number)
        if number not in begun:
            begun[number], sizes[number] = Batch(number, []), 0
        for event in ticket.events:
            size = len(event) + len(key) + RECORD_BYTES
            if sizes[number] + size > WHOLE_BYTES and begun[number].records:
                yield begun[number]
                begun[number], sizes[number] = Batch(number, []), 0
            begun[number].records.append((key, event))
            sizes[number] += size
    yield from begun.values()


class _Sender:
    """The producer of one run, which is replaced after a failure."""

    def __init__(self, connection: Mapping[str, Any], topic: str, transactional_id: str) -> None:
        self._connection = connection
        self._topic = topic
        self._transactional_id = transactional_id
        self._producer: AIOKafkaProducer | None = None

    async def transaction(self, first: Batch, more: Iterator[Batch]) -> int:
        """Send `first`, and more batches while the transaction is short. Return the number of records.

        After a failure the same batches are sent again, unless they were committed. Raises RefusalError when
        that fails, too, or would be useless.
        """
        batches = [first]
        until = _time() + PATIENCE_SECONDS
        while True:
            places: list[tuple[int, int]] = []
            try:
                await self._write(batches, more, places)
            except _FAILURES as error:
                await self.close()
                if _time() > until or isinstance(error, _USELESS_TO_REPEAT):
                    why = (
                        STAMP_REFUSED
                        if isinstance(error, InvalidTimestampError)
                        else str(error) or repr(error)
                    )
                    raise RefusalError(
                        f"topic {self._topic}: Kafka does not take the events: {why}"
                    ) from None
                more = iter(())  # the batches that were taken are sent again, and no others
                if await self._was_committed(places):
                    break
            else:
                break
        return sum(len(batch.records) for batch in batches)

    async def close(self) -> None:
        """Discard the producer; Kafka ends its transaction."""
        if self._producer is not None:
            await discard(self._producer)
            self._producer = None

    async def _write(
        self, batches: list[Batch], more: Iterator[Batch], places: list[tuple[int, int]]
    ) -> None:
        """Write `batches`, and `more` that are added to them. `places`: where they begin, if they do."""
        producer = await self._opened()
        await producer.begin_transaction()
        read_later(producer._txn_manager.wait_for_transaction_end())  # noqa: SLF001 (may fail without a waiter)
        began, under_way = _time(), []
        for batch in _growing(batches, more, lambda: _time() - began < LASTS_SECONDS):
            built = producer.create_batch()
            for key, value in batch.records:
                added = built.append(timestamp=None, key=key, value=value, headers=STRUCTURED)
                assert added is not None, "a batch of WHOLE_BYTES fits the producer's limit"
            built.close()
            confirmed = await producer.send_batch(built, self._topic, partition=batch.partition)
            read_later(confirmed)
            under_way.append(confirmed)
        # Before the commit, because a commit succeeds even if a batch of the transaction was rejected.
        written = await asyncio.gather(*under_way)
        places += [(one.partition, one.offset) for one in written]
        async with asyncio.timeout(COMMIT_WITHIN_SECONDS):
            await producer.commit_transaction()

    async def _opened(self) -> AIOKafkaProducer:
        if self._producer is None:
            self._producer = await patiently(
                self._connection, lambda: open_producer(self._connection, self._transactional_id)
            )
        return self._producer

    async def _was_committed(self, places: Sequence[tuple[int, int]]) -> bool:
        """True when the transaction that wrote there was committed; its fate is settled first."""
        await self._opened()  # its start ends the transaction, or waits for its end
        if not places:
            return False  # not all of it was written, so no commit was asked for
        partition, offset = places[0]
        source, span = TopicPartition(self._topic, partition), OffsetSpan(offset, offset + 1)

        async def read() -> bool:
            async with reading(self._connection, committed=True) as reader:
                pieces = read_to_end(reader, source, span, no_progress_for=PATIENCE_SECONDS, at_once=2)
                return any([record.offset == offset async for records, _ in pieces for record in records])

        return await patiently(self._connection, read)


def _growing(batches: list[Batch], more: Iterator[Batch], may_grow: Callable[[], bool]) -> Iterator[Batch]:
    """Yield the batches, and while it may grow, those of `more`, which are added to them."""
    yield from tuple(batches)
    while may_grow() and (batch := next(more, None)) is not None:
        batches.append(batch)
        yield batch


def _time() -> float:
    return asyncio.get_running_loop().time()
