"""What ends a worker: what concerns all its partitions ends the process, a stop ends it in time."""

import asyncio
import itertools
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from service.clock import now_ms
from service.kafka.client.log_end import Asker
from service.kafka.exactly_once.worker import GroupError
from tests.broker.log import new_topics, write
from tests.broker.rig import Rig, event, new_rig


async def ends(rig: Rig) -> None:
    """Runs a worker that has no reason to end."""
    async with rig.worker() as worker, asyncio.timeout(30):
        await worker.run()


async def test_markers_that_an_upstream_transaction_left_count_as_read(bootstrap: str) -> None:
    rig = await new_rig(bootstrap)
    source = TopicPartition(rig.topics.lifecycle, 0)
    _, received = event("T1", "received", now_ms())
    desk = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"desk-{rig.group}")
    async with desk, desk.transaction():
        await desk.send_and_wait(source.topic, received, b"T1", partition=0)
    end = 2  # the record and the marker
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    async with rig.worker(), asyncio.timeout(30):
        while (await admin.list_consumer_group_offsets(rig.group, partitions=[source]))[source].offset < end:
            pass
    await admin.delete_records({source: RecordsToDelete(end)})
    await admin.close()
    async with rig.worker():
        await rig.publish([event("T2", "received", now_ms())])
        await rig.announced(at_least=4)


async def test_a_missing_topic_is_named_before_anything_starts(bootstrap: str) -> None:
    rig = await new_rig(bootstrap)
    with pytest.raises(GroupError, match="topic nowhere: missing"):
        await ends(replace(rig, topics=rig.topics._replace(rejected="nowhere")))


async def test_a_changelog_with_other_partitions_than_the_input_is_refused(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, partitions=2)
    (tickets,) = await new_topics(bootstrap, ["tickets"], partitions=3)
    with pytest.raises(GroupError, match=r"3 partitions, but .* has 2"):
        await ends(replace(rig, topics=rig.topics._replace(tickets=tickets)))


async def test_a_worker_under_load_stops_in_time_and_leaves_nothing_running(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, partitions=3, target=1_000)
    await rig.publish(event(f"T{number}", "received", now_ms() - 60_000) for number in range(6_000))
    before = asyncio.all_tasks()
    async with rig.worker() as worker:
        await rig.announced(at_least=1)
        async with asyncio.timeout(7):
            await worker.stop()
        assert worker.status() == {}
    assert asyncio.all_tasks() == before


async def test_a_partition_with_much_to_do_does_not_hold_up_the_others(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, partitions=2, target=200)
    backlog = (f"T{number}" for number in itertools.count())
    mine = [ticket for ticket in itertools.islice(backlog, 250_000) if rig.partition(ticket) == 0]
    await rig.publish(event(ticket, "received", now_ms() + 3_600_000) for ticket in mine)
    quiet = next(ticket for ticket in backlog if rig.partition(ticket) == 1)
    async with rig.worker() as worker:
        while not (running := list(worker.status().values())) or running[0].lag == 0:
            await asyncio.wait([asyncio.create_task(rig.publish([]))])
        await rig.publish([event(quiet, "received", now_ms() - 150)])
        records = await rig.announced(at_least=2)
        assert {record.key for record in records} == {quiet.encode()}
        first, _ = worker.status().values()
        assert first.lag > 0


async def test_all_who_ask_at_once_share_one_request(bootstrap: str) -> None:
    (topic,) = await new_topics(bootstrap, ["asked"], partitions=3)
    await write(bootstrap, topic, [(1, b"key", b"value")])
    asker = Asker({"bootstrap_servers": bootstrap}, itertools.count().__next__)
    await asker.start()
    answers = await asyncio.gather(*(asker.ask(TopicPartition(topic, number)) for number in (0, 1, 2, 1)))
    later = await asker.ask(TopicPartition(topic, 1))
    await asker.stop()
    assert answers == [(0, 0), (0, 1), (0, 0), (0, 1)]
    assert later == (1, 1)
