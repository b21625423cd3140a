"""The transactions of an owner: the only place where the service commits what it judged."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    InvalidProducerEpoch,
    InvalidTimestampError,
    KafkaError,
    ProducerFenced,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from service.clock import GuardedClock
from service.kafka.client.ignored import read_later
from service.kafka.client.transactional_producer import (
    BATCH_SIZE_BYTES,
    STAMP_REFUSED,
    FateUnknownError,
    discard,
    open_producer,
)

COMMIT_WITHIN_SECONDS = 8.0
_OVERHEAD = 100  # bytes of a batch and its only record
_NO_LEADER = -1  # Kafka's for a partition that no broker leads
_LOG_APPEND_TIME = 1  # Kafka's code: the broker gave the time stamp, not the producer
LARGEST_BYTES = 1_000_000  # of one record, if its topic's limit is not given: the broker's default


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A record to write to one partition of a topic."""

    target: TopicPartition
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()

    @property
    def size(self) -> int:
        """Bytes of a batch with this record alone, rounded up."""
        content = len(self.key or b"") + len(self.value or b"")
        return (
            content + sum(4 * len(name) + len(value or b"") + 10 for name, value in self.headers) + _OVERHEAD
        )


class NotCommittedError(Exception):
    """The transaction failed, or its fate is unknown. Discard the producer and all uncommitted memory."""


class FencedError(NotCommittedError):
    """Another process has taken the partition over."""


class OtherWriterError(NotCommittedError):
    """Another producer wrote to our changelog partition: memory does not reflect its record."""


class TooLargeError(Exception):
    """One of our own records is larger than its topic takes."""


class Transactions:
    """The transactions of one input partition, one at a time. After a failure, discard the object."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        changelog: TopicPartition,
        group: str,
        largest: Mapping[str, int] = MappingProxyType({}),
        clock: GuardedClock | None = None,
    ) -> None:
        self._producer = producer
        self._changelog = changelog
        self._group = group
        self._largest = largest  # bytes of one record, by topic
        self._clock = clock or GuardedClock()
        self.changelog_end = 0  # the offset that our next changelog record must get

    @classmethod
    async def open(
        cls,
        connection: Mapping[str, Any],
        source: TopicPartition,
        changelog: TopicPartition,
        group: str,
        largest: Mapping[str, int] = MappingProxyType({}),
        clock: GuardedClock | None = None,
    ) -> Self:
        """Open a producer, which fences every earlier owner of `source`.

        `clock` receives the time stamps that Kafka gives to our records. Raises KafkaError, OSError or
        TimeoutError.
        """
        transactional_id = f"{group}-{source.topic}-{source.partition}"
        batch_size = min((BATCH_SIZE_BYTES, *largest.values()))
        producer = await open_producer(connection, transactional_id, batch_size)
        return cls(producer, changelog, group, largest, clock)

    async def meet(self, topics: Iterable[str]) -> None:
        """Fetch metadata of `topics`: a transaction cannot wait for it. Raises KafkaError or TimeoutError."""
        async with asyncio.timeout(COMMIT_WITHIN_SECONDS):
            for topic in topics:
                await self._producer.partitions_for(topic)

    async def commit(self, records: Iterable[Outgoing], offsets: Mapping[TopicPartition, int]) -> None:
        """Write all of `records` and the group's `offsets` (may be empty), or nothing.

        Raises NotCommittedError, and TooLargeError before anything is sent.
        """
        batches = self._pack(records)
        try:
            async with asyncio.timeout(COMMIT_WITHIN_SECONDS):
                await self._commit(batches, offsets)
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise FencedError(str(error)) from error
        except InvalidTimestampError as error:
            raise NotCommittedError(STAMP_REFUSED) from error
        except (KafkaError, FateUnknownError, OSError, AssertionError, IllegalOperation) as error:
            # AssertionError, IllegalOperation: aiokafka raises these when its sender died meanwhile. What
            # killed the sender is the cause of the error that it leaves on every batch.
            raise NotCommittedError(repr(error.__cause__ or error)) from error

    async def discard(self) -> None:
        """Discard the producer without an abort: that can hang, and the next owner's start aborts anyway."""
        await discard(self._producer)

    def _pack(self, records: Iterable[Outgoing]) -> dict[TopicPartition, list[BatchBuilder]]:
        packed: dict[TopicPartition, list[BatchBuilder]] = {}
        latest: TopicPartition | None = None
        stamp = self._clock.earliest()  # the library would take the wall clock, which may be set at any time
        batches: list[BatchBuilder] = []
        for record in records:
            target, key, value = record.target, record.key, record.value
            headers = list(record.headers)  # the compiled builder takes only a list
            if target is not latest:
                latest, batches = target, packed.setdefault(target, [])
            added = batches and batches[-1].append(timestamp=stamp, key=key, value=value, headers=headers)
            if not added:
                batches.append(batch := self._producer.create_batch())
                added = batch.append(timestamp=stamp, key=key, value=value, headers=headers)
                # An empty batch takes a record of any size, so each record that is too large is found here.
                if added.size + _OVERHEAD > self._largest.get(target.topic, LARGEST_BYTES):
                    raise TooLargeError(f"{target.topic}: a record has {added.size} bytes")
        return packed

    async def _commit(
        self, batches: Mapping[TopicPartition, list[BatchBuilder]], offsets: Mapping[TopicPartition, int]
    ) -> None:
        producer = self._producer
        await producer.begin_transaction()
        read_later(producer._txn_manager.wait_for_transaction_end())  # noqa: SLF001 (may fail without a waiter)
        tasks = [asyncio.create_task(self._write(target, packed)) for target, packed in batches.items()]
        if offsets:
            sent = producer.send_offsets_to_transaction(dict(offsets), self._group)
            tasks.append(asyncio.create_task(sent))
        try:
            # Before the commit, because a commit succeeds even if a record of the transaction was rejected.
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        await producer.commit_transaction()
        if self._changelog in batches:
            self.changelog_end += 1  # the commit's marker

    async def _write(self, target: TopicPartition, batches: Sequence[BatchBuilder]) -> None:
        """Write batches to one partition, in order. Raises OtherWriterError or KafkaError."""
        sent = []
        leader = self._producer.client.cluster.leader_for_partition(target)
        for batch in batches:
            at = self._clock.elapsed()
            future = await self._producer.send_batch(batch, target.topic, partition=target.partition)
            read_later(future)
            sent.append((future, batch.record_count(), at))
        for future, count, at in sent:
            landed = await future
            self._compare(target, leader, at, landed)
            if target == self._changelog:
                if landed.offset != self.changelog_end:
                    raise OtherWriterError(f"{target}: at {landed.offset}, expected {self.changelog_end}")
                self.changelog_end += count

    def _compare(self, target: TopicPartition, leader: int | None, sent: int, landed: RecordMetadata) -> None:
        """Compare our clock with the clock of the broker that wrote a batch, if it gave the time stamp.

        `leader`: the broker that led the partition before the batch was sent. If no broker did, or another
        one does now, the time stamp may be of either: it is not compared.
        """
        if landed.timestamp_type == _LOG_APPEND_TIME and landed.timestamp is not None:
            now = self._producer.client.cluster.leader_for_partition(target)
            if leader is not None and leader == now and leader != _NO_LEADER:
                self._clock.stamped(leader, sent, landed.timestamp)
        elif target == self._changelog:
            self._clock.not_stamped(target.topic)
