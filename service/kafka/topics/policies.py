"""Reads topic `sla.policies`, and is its one publisher: all that is new in one transaction, or nothing.

A publisher opens a producer whose transactional id every publisher of the group has. That fences an earlier
one: of two at the same instant, the later one to open goes on. Then it reads the topic to its end, so that it
checks against all that was ever committed. It writes and commits within a bound. If Kafka does not answer the
commit, a second producer is opened, which settles it, and the topic says whether it was committed. A commit
that is never answered cannot take effect later: Kafka aborts a transaction after TRANSACTION_TIMEOUT_MS.

This is the third place where a transaction commits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    InvalidProducerEpoch,
    InvalidTimestampError,
    KafkaError,
    ProducerFenced,
)

from service.clock import now_ms
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
from service.kafka.codec.record import Record
from service.kafka.codec.unreadable import UnreadableRecordError
from service.kafka.topics.scan import partitions_of
from service.policy.publication import (
    BadPublicationError,
    PolicyRecord,
    parse_record,
    policy_record,
)
from service.policy.publication_plan import Plan
from service.policy.published import Published, read_published

AT_ONCE = 500  # records
COMMIT_WITHIN_SECONDS = 8.0  # below the time after which Kafka itself ends a transaction

UNREADABLE = "a newer version of the service may have written it: run that; or see the runbook"

# Of what is published, with the instant (ms) at which the publication began: what to add to it.
Prepare = Callable[[Published, int], Awaitable[Plan]]


class OtherPublisherError(RefusalError):
    """Another process published at the same time, and went first."""


async def published(connection: Mapping[str, Any], topic: str) -> Published:
    """Return all that was published. Raises RefusalError or UnreadableRecordError."""
    return read_records(await patiently(connection, lambda: policy_records(connection, topic)), Published())


def read_records(records: Iterable[Record], known: Published) -> Published:
    """Return what is published by `known` and by the records after it. Raises UnreadableRecordError."""
    new: dict[bytes, Record] = {}
    for record in records:
        # The first record counts: processes of an earlier version that started at once may both have written.
        new.setdefault(record.key or b"", record)
    try:
        parsed = [parse_record(key, record.value or b"") for key, record in new.items()]
        return read_published([*known.records, *parsed])
    except BadPublicationError as error:
        # A new record may also spoil a known one: then the text names the known one, and this the latest new.
        bad = new.get(error.key) or next(reversed(new.values()))
        place = bad.topic, bad.partition, bad.offset
        raise UnreadableRecordError(*place, bad.key, str(error), UNREADABLE) from None


async def publish(connection: Mapping[str, Any], topic: str, group: str, prepare: Prepare) -> Plan:
    """Publish what `prepare` plans, and return the plan once it is committed.

    Raises RefusalError, also that of `prepare`, and OtherPublisherError; then nothing is published.
    """
    await partitions_of(connection, topic)
    begun = now_ms()
    producer = await _open(connection, group)
    try:
        plan = await prepare(await published(connection, topic), begun)
        doubt = await _commit(producer, topic, plan) if plan.new else None
    finally:
        await discard(producer)
    if doubt is not None:
        await discard(await _open(connection, group))  # decides what becomes of the transaction
        if not await _has(connection, topic, plan.new):
            reason = f"nothing was published, as Kafka did not take it in time ({doubt}); run it again"
            raise RefusalError(f"topic {topic}: {reason}")
    return plan


async def _open(connection: Mapping[str, Any], group: str) -> AIOKafkaProducer:
    return await patiently(connection, lambda: open_producer(connection, f"{group}-policies"))


async def policy_records(connection: Mapping[str, Any], topic: str) -> list[Record]:
    """Return all committed records of the topic; none when it is missing."""
    found: list[Record] = []
    async with reading(connection, committed=True) as reader:
        cluster = await reader._client.fetch_all_metadata()  # noqa: SLF001 (asking by name may create it)
        partitions = [TopicPartition(topic, number) for number in cluster.partitions_for_topic(topic) or ()]
        begins = await reader.beginning_offsets(partitions)
        ends = await reader.end_offsets(partitions)
        for source in partitions:
            span = OffsetSpan(begins[source], ends[source])
            pieces = read_to_end(reader, source, span, no_progress_for=PATIENCE_SECONDS, at_once=AT_ONCE)
            async for records, _ in pieces:
                found += records
    return found


async def _has(connection: Mapping[str, Any], topic: str, records: Sequence[PolicyRecord]) -> bool:
    """True when the topic holds all of `records`."""
    known = {record.key: record for record in (await published(connection, topic)).records}
    return all(known.get(record.key) == record for record in records)


async def _commit(producer: AIOKafkaProducer, topic: str, plan: Plan) -> str | None:
    """Write and commit the records of a plan. Return why it may have failed; None: it is committed.

    Raises OtherPublisherError or RefusalError; then nothing is published.
    """
    left = COMMIT_WITHIN_SECONDS
    if plan.over_by is not None:
        left = min(left, (plan.over_by - now_ms()) / 1_000)
    if left <= 0:
        raise RefusalError(f"topic {topic}: nothing was published, as it took too long; run it again")
    try:
        async with asyncio.timeout(left):
            await producer.partitions_for(topic)
            await producer.begin_transaction()
            read_later(producer._txn_manager.wait_for_transaction_end())  # noqa: SLF001 (may fail without a waiter)
            await _write(producer, topic, plan.new)
            await producer.commit_transaction()
    except (ProducerFenced, InvalidProducerEpoch):
        raise OtherPublisherError(
            f"topic {topic}: nothing was published, as another process publishes at this moment and goes "
            "first; run it again"
        ) from None
    except InvalidTimestampError:
        raise RefusalError(f"topic {topic}: {STAMP_REFUSED}") from None
    except (KafkaError, FateUnknownError, OSError, AssertionError, IllegalOperation) as error:
        # AssertionError, IllegalOperation: aiokafka raises these when its sender died meanwhile.
        return repr(error.__cause__ or error)
    return None


async def _write(producer: AIOKafkaProducer, topic: str, new: Sequence[PolicyRecord]) -> None:
    """Write records, in order, and wait for each: a commit succeeds even if Kafka refused a record."""
    sent = []
    for key, value in map(policy_record, new):
        future = await producer.send(topic, value, key, partition=0, timestamp_ms=now_ms())
        read_later(future)
        sent.append(future)
    await asyncio.gather(*sent)
