"""One transaction holds everything or nothing, whatever happens to it."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    KafkaConnectionError,
    NodeNotReadyError,
    RequestTimedOutError,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
    TxnOffsetCommitRequest,
)

from service.kafka.client.groupless_consumer import reading, spans
from service.kafka.client.transactional_producer import FateUnknownError, discard, open_producer, sent_once
from service.kafka.exactly_once.restore import RestoreProgress, restore
from service.kafka.exactly_once.transaction import (
    FencedError,
    NotCommittedError,
    OtherWriterError,
    Outgoing,
    TooLargeError,
    Transactions,
)
from tests.broker.log import new_topics, read

SENT_ONCE = [
    EndTxnRequest("id", 1, 1, True),
    TxnOffsetCommitRequest("id", "group", 1, 1, []),
    AddOffsetsToTxnRequest("id", 1, 1, "group"),
    AddPartitionsToTxnRequest("id", 1, 1, []),
]


class Memory(dict[str, bytes | None]):
    def restore(self, key: str, value: bytes | None) -> None:
        self[key] = value


@asynccontextmanager
async def transactions(
    bootstrap: str, source: str, changelog: str, group: str | None = None
) -> AsyncIterator[Transactions]:
    connection = {"bootstrap_servers": bootstrap}
    changes = TopicPartition(changelog, 0)
    opened = await Transactions.open(connection, TopicPartition(source, 0), changes, group or source)
    try:
        span = (await spans(connection, changes))[changes]
        opened.changelog_end = await restore(connection, changes, span, Memory(), RestoreProgress())
        yield opened
    finally:
        await opened.discard()


async def committed(bootstrap: str, group: str, source: str) -> int | None:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    offset = found.get(TopicPartition(source, 0))
    return offset.offset if offset else None


async def test_outputs_changelog_and_offset_are_committed_together(bootstrap: str) -> None:
    source, changelog, out = await new_topics(bootstrap, ["in", "changelog", "out"])
    async with transactions(bootstrap, source, changelog) as mine:
        for number in range(3):
            records = [
                Outgoing(TopicPartition(changelog, 0), b"ticket", str(number).encode()),
                Outgoing(TopicPartition(out, 0), b"key", str(number).encode(), [("name", b"value")]),
            ]
            await mine.commit(records, {TopicPartition(source, 0): number + 1})
    assert [(r.value, r.headers) for r in await read(bootstrap, out)] == [
        (b"0", (("name", b"value"),)),
        (b"1", (("name", b"value"),)),
        (b"2", (("name", b"value"),)),
    ]
    assert [record.value for record in await read(bootstrap, changelog)] == [b"0", b"1", b"2"]
    assert await committed(bootstrap, source, source) == 3


async def test_more_records_than_a_batch_holds_are_written_in_order(bootstrap: str) -> None:
    source, changelog = await new_topics(bootstrap, ["in", "changelog"])
    values = [str(number).encode() * 5_000 for number in range(600)]
    async with transactions(bootstrap, source, changelog) as mine:
        records = [Outgoing(TopicPartition(changelog, 0), b"ticket", value) for value in values]
        await mine.commit(records, {})
        await mine.commit(records[:1], {})
    assert [record.value for record in await read(bootstrap, changelog)] == [*values, values[0]]


async def test_a_refused_record_fails_the_transaction_although_a_commit_would_succeed(bootstrap: str) -> None:
    source, changelog = await new_topics(bootstrap, ["in", "changelog"])
    (small,) = await new_topics(bootstrap, ["small"], config={"max.message.bytes": "1000"})
    async with transactions(bootstrap, source, changelog) as mine:
        records = [
            Outgoing(TopicPartition(changelog, 0), b"ticket", b"1"),
            Outgoing(TopicPartition(small, 0), b"key", os.urandom(5_000)),
        ]
        with pytest.raises(NotCommittedError):
            await mine.commit(records, {TopicPartition(source, 0): 1})
    async with transactions(bootstrap, source, changelog):
        pass  # its start decides what was left open
    assert await read(bootstrap, changelog, small) == []
    assert await committed(bootstrap, source, source) is None


async def test_a_record_too_large_for_its_topic_is_found_before_anything_is_sent(bootstrap: str) -> None:
    source, changelog = await new_topics(bootstrap, ["in", "changelog"])
    async with transactions(bootstrap, source, changelog) as mine:
        with pytest.raises(TooLargeError, match=r"changelog-.*: a record has 11\d{5} bytes"):
            await mine.commit([Outgoing(TopicPartition(changelog, 0), b"ticket", b"x" * 1_100_000)], {})
        await mine.commit([Outgoing(TopicPartition(changelog, 0), b"ticket", b"x")], {})


async def test_a_zombie_writes_nothing_once_there_is_a_new_owner(bootstrap: str) -> None:
    source, changelog = await new_topics(bootstrap, ["in", "changelog"])
    changes = TopicPartition(changelog, 0)
    async with transactions(bootstrap, source, changelog) as zombie:
        await zombie.commit([Outgoing(changes, b"ticket", b"zombie 1")], {TopicPartition(source, 0): 1})
        async with transactions(bootstrap, source, changelog) as owner:
            with pytest.raises(FencedError):
                await zombie.commit(
                    [Outgoing(changes, b"ticket", b"zombie 2")], {TopicPartition(source, 0): 2}
                )
            await owner.commit([Outgoing(changes, b"ticket", b"owner")], {TopicPartition(source, 0): 3})
    assert [record.value for record in await read(bootstrap, changelog)] == [b"zombie 1", b"owner"]
    assert await committed(bootstrap, source, source) == 3


async def test_a_second_writer_of_the_changelog_is_noticed_before_the_commit(bootstrap: str) -> None:
    source, changelog = await new_topics(bootstrap, ["in", "changelog"])
    changes = TopicPartition(changelog, 0)
    async with (
        transactions(bootstrap, source, changelog) as mine,
        transactions(bootstrap, source, changelog, group="other") as other,
    ):
        await mine.commit([Outgoing(changes, b"ticket", b"1")], {})
        await mine.commit([Outgoing(changes, b"ticket", b"2")], {})
        with pytest.raises(OtherWriterError):
            await other.commit([Outgoing(changes, b"ticket", b"other")], {})
    async with transactions(bootstrap, source, changelog, group="other"):
        pass
    assert [record.value for record in await read(bootstrap, changelog)] == [b"1", b"2"]


async def test_a_restore_reads_up_to_the_end_over_markers_and_what_was_aborted(bootstrap: str) -> None:
    source, changelog = await new_topics(bootstrap, ["in", "changelog"])
    changes = TopicPartition(changelog, 0)
    async with transactions(bootstrap, source, changelog) as mine:
        await mine.commit([Outgoing(changes, b"a", b"1"), Outgoing(changes, b"b", b"1")], {})
        await mine.commit([Outgoing(changes, b"a", None)], {})
        mine.changelog_end = -1
        with pytest.raises(OtherWriterError):
            await mine.commit([Outgoing(changes, b"b", b"aborted")], {})
    async with transactions(bootstrap, source, changelog):
        memory, progress = Memory(), RestoreProgress()
        connection = {"bootstrap_servers": bootstrap}
        span = (await spans(connection, changes))[changes]
        end = await restore(connection, changes, span, memory, progress)
    assert memory == {"a": None, "b": b"1"}
    assert progress.restored == progress.total == end == 7  # 2 + marker, 1 + marker, 1 + marker


@pytest.mark.parametrize("request_", SENT_ONCE, ids=lambda request: type(request).__name__)
@pytest.mark.parametrize(
    ("fails", "raises"),
    [
        (RequestTimedOutError, FateUnknownError),
        (KafkaConnectionError, FateUnknownError),
        (NodeNotReadyError, NodeNotReadyError),
    ],
)
async def test_a_transactional_request_is_not_repeated_unless_it_was_never_sent(
    request_: object, fails: type[Exception], raises: type[Exception]
) -> None:
    async def send(node_id: int, request: object, **options: object) -> None:
        raise fails

    with pytest.raises(raises):
        await sent_once(send)(1, request_)


async def test_other_requests_may_be_repeated() -> None:
    async def send(node_id: int, request: object, **options: object) -> None:
        raise RequestTimedOutError

    with pytest.raises(RequestTimedOutError):
        await sent_once(send)(1, InitProducerIdRequest("id", 1_000))


@pytest.mark.parametrize("answer_lost", [type(request) for request in SENT_ONCE])
async def test_a_lost_answer_ends_the_transaction_and_its_producer(
    bootstrap: str, answer_lost: type, caplog: pytest.LogCaptureFixture
) -> None:
    source, changelog = await new_topics(bootstrap, ["in", "changelog"])
    changes = TopicPartition(changelog, 0)
    sent = []
    async with transactions(bootstrap, source, changelog) as mine:
        client = mine._producer.client
        honest = type(client).send

        async def lossy(node_id: int, request: object, **options: object) -> object:
            answer = await honest(client, node_id, request, **options)
            if isinstance(request, answer_lost):
                sent.append(request)
                raise RequestTimedOutError
            return answer

        client.send = sent_once(lossy)
        with pytest.raises(NotCommittedError):
            await mine.commit([Outgoing(changes, b"ticket", b"1")], {TopicPartition(source, 0): 1})
        with pytest.raises(NotCommittedError):
            await mine.commit([Outgoing(changes, b"ticket", b"2")], {TopicPartition(source, 0): 2})
    del mine
    gc.collect()  # a future that nobody read says so when it goes
    assert len(sent) == 1
    assert "never retrieved" not in caplog.text


async def test_a_second_error_of_a_transaction_is_no_line_in_the_log(bootstrap: str) -> None:
    producer = await open_producer({"bootstrap_servers": bootstrap}, "two-errors")
    manager, error = producer._txn_manager, TransactionalIdAuthorizationFailed("two-errors")
    await producer.begin_transaction()
    told = [manager.wait_for_transaction_end()]
    manager.error_transaction(error)
    assert told[0].exception() is error  # as whoever waits for the transaction reads it
    for _ in range(2):
        manager.fatal_error(error)
        told.append(manager.wait_for_transaction_end())
    await discard(producer)
    # What asyncio asks when a future is collected.
    assert [future._log_traceback for future in told] == [False, False, False]


def sockets() -> int:
    held = Path("/proc/self/fd")
    return sum(str(fd.readlink()).startswith("socket:") for fd in held.iterdir() if fd.is_symlink())


async def test_a_hundred_discarded_producers_leave_no_task_and_no_socket(bootstrap: str) -> None:
    (out,) = await new_topics(bootstrap, ["out"])
    before = len(asyncio.all_tasks()), sockets()
    for number in range(100):
        producer = await open_producer({"bootstrap_servers": bootstrap}, f"{out}-0")
        if number % 2:  # in the middle of a transaction, with requests under way
            await producer.begin_transaction()
            await producer.send(out, b"value")
            sending = asyncio.create_task(
                producer.send_offsets_to_transaction({TopicPartition(out, 0): 1}, out)
            )
            await asyncio.wait([sending], timeout=0.001)
            sending.cancel()
        async with asyncio.timeout(3):
            await discard(producer)
    assert (len(asyncio.all_tasks()), sockets()) == before


async def test_a_producer_whose_broker_is_gone_is_discarded_in_bounded_time(bootstrap: str) -> None:
    (out,) = await new_topics(bootstrap, ["out"])
    before = len(asyncio.all_tasks()), sockets()
    for _ in range(10):
        producer = await open_producer({"bootstrap_servers": bootstrap}, f"{out}-0")
        await producer.partitions_for(out)
        await producer.begin_transaction()
        for (
            broker
        ) in producer.client.cluster.brokers():  # from now on it looks for the broker where nobody listens
            producer.client.cluster._brokers[broker.nodeId] = broker._replace(port=1)
        for connection in producer.client._conns.values():
            connection.close()
        future = await producer.send(out, b"value")
        future.cancel()
        await asyncio.wait([future], timeout=0.01)
        async with asyncio.timeout(3):
            await discard(producer)
    assert (len(asyncio.all_tasks()), sockets()) == before


async def test_a_reader_leaves_nothing_behind(bootstrap: str) -> None:
    (out,) = await new_topics(bootstrap, ["out"])
    before = len(asyncio.all_tasks()), sockets()
    async with reading({"bootstrap_servers": bootstrap}, committed=True) as reader:
        assert await reader.end_offsets([TopicPartition(out, 0)]) == {TopicPartition(out, 0): 0}
    assert (len(asyncio.all_tasks()), sockets()) == before
