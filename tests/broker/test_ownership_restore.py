"""What an owner reads again, and whom that keeps waiting."""

import asyncio

from aiokafka import AIOKafkaProducer, TopicPartition

from service.clock import now_ms
from service.kafka.exactly_once.observer import NullObserver
from service.kafka.exactly_once.status import OwnerState
from tests.broker.log import write
from tests.broker.rig import Rig, event, new_rig, only


class Restores(NullObserver):
    """Remembers what was restored: (partition, records) in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []
        self._more = asyncio.Event()

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        self.seen.append((partition, restored))
        self._more.set()

    async def are(self, many: int) -> list[tuple[int, int]]:
        async with asyncio.timeout(30):
            while len(self.seen) < many:
                self._more.clear()
                await self._more.wait()
        return self.seen


async def with_tickets(bootstrap: str, partitions: int) -> Rig:
    """A rig whose input has 40 tickets, none of which comes due."""
    rig = await new_rig(bootstrap, partitions=partitions, target=3_600_000)
    await rig.publish(event(f"T{number}", "received", now_ms()) for number in range(40))
    return rig


async def all_held(worker, tickets: int) -> None:
    async with asyncio.timeout(30):
        while sum(status.tickets for status in worker.status().values()) < tickets:
            await asyncio.wait([asyncio.create_task(worker._count())])


async def test_what_the_group_gives_back_at_once_is_not_read_again(bootstrap: str) -> None:
    rig, first, second = await with_tickets(bootstrap, partitions=2), Restores(), Restores()
    async with rig.worker(observer=first) as worker:
        await all_held(worker, 40)
        async with rig.worker(observer=second):
            ((mine, read_again),) = (await first.are(3))[2:]
            ((theirs, read),) = await second.are(1)
        given_back = dict((await first.are(5))[3:])
        await all_held(worker, 40)
    assert (read_again, given_back[mine]) == (0, 0)
    assert read > 0
    assert given_back[theirs] > 0


async def test_only_what_the_changelog_got_meanwhile_is_read(bootstrap: str) -> None:
    rig, restores = await with_tickets(bootstrap, partitions=1), Restores()
    source = TopicPartition(rig.topics.lifecycle, 0)
    async with rig.worker(observer=restores) as worker:
        await all_held(worker, 40)
        await worker.on_partitions_revoked({source})
        await write(bootstrap, rig.topics.tickets, [(0, b"T7@default", None)])
        await worker.on_partitions_assigned({source})
        assert (await restores.are(2))[1] == (0, 1)
        assert only(worker).tickets == 39


async def test_a_partition_that_restores_does_not_hold_up_the_others(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, partitions=2)
    tickets = [next(f"T{n}" for n in range(99) if rig.partition(f"T{n}") == number) for number in (0, 1)]
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=rig.group) as other:
        await other.begin_transaction()
        await other.send_and_wait(rig.topics.tickets, None, f"{tickets[0]}@default".encode(), partition=0)
        async with (
            rig.worker() as worker
        ):  # the restore of partition 0 waits until this transaction is decided
            await rig.publish(event(ticket, "received", now_ms()) for ticket in tickets)
            records = await rig.announced(at_least=2)
            assert {record.key for record in records} == {tickets[1].encode()}
            restoring = worker.status()[TopicPartition(rig.topics.lifecycle, 0)]
            assert restoring.state is OwnerState.RESTORING
            assert restoring.total > restoring.restored
            await other.commit_transaction()
            await rig.announced(at_least=4)
            assert all(status.state is OwnerState.RUNNING for status in worker.status().values())
