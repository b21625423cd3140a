"""State over time: forgotten, compacted, read by other versions, and found under other partitions."""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions

from schemas.topics import LIFECYCLE, TICKETS
from service.clock import now_ms
from service.kafka.client.groupless_consumer import spans
from service.kafka.exactly_once.status import OwnerState, Status
from service.kafka.exactly_once.worker import GroupError, Worker
from service.kafka.topics.tickets import kept_tickets
from tests.broker.live import WITHIN, set_up
from tests.broker.log import new_topics, read, write
from tests.broker.rig import Rig, event, new_rig, only
from tests.broker.service import sla_timer

SOON = {
    "cleanup.policy": "compact",
    "segment.bytes": "1048576",  # the least that Kafka takes
    "segment.ms": "500",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "0",
    "max.compaction.lag.ms": "1000",
}


async def add_partitions(bootstrap: str, total: int, *topics: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_partitions({topic: NewPartitions(total) for topic in topics})
        assert not any(code for _, code, _ in answer.topic_errors), answer
    finally:
        await admin.close()


async def stopped(worker: Worker, rig: Rig) -> list[Status]:
    """Of all partitions, once one of them is refused."""
    async with asyncio.timeout(WITHIN):
        while not any(status.reason for status in worker.status().values()):
            await read(rig.bootstrap, rig.topics.tickets)
    return list(worker.status().values())


async def test_a_finished_ticket_is_forgotten_after_the_retention_with_a_tombstone(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, target=200)
    now = now_ms()
    rig = replace(rig, retention=1_500)
    await rig.publish([event("T1", "received", now), event("T1", "response_started", now + 1)])
    async with rig.worker() as worker, asyncio.timeout(WITHIN):
        values: list[bytes | None] = [b""]
        while values[-1:] != [None]:
            records = await read(bootstrap, rig.topics.tickets)
            values = [record.value for record in records if record.key == b"T1@default"]
        assert only(worker).tickets == 0
    assert {record.key for record in records if record.value is not None} == {b"T1@default"}
    # Heard of again, it is judged anew, under the same breach ids, in a later epoch.
    await rig.publish([event("T1", "received", now), event("T1", "response_started", now + 1)])
    async with rig.worker():
        announced = await rig.announced(at_least=2)
    first, second, *_ = (json.loads(record.value) for record in announced)
    assert (first["breach_id"], first["revision"]) == (second["breach_id"], second["revision"])
    assert first["epoch"] < second["epoch"]


async def test_the_changelog_shrinks_to_a_record_per_ticket(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, target=3_600_000)
    (tickets,) = await new_topics(bootstrap, ["compacted"], config=SOON)
    rig = replace(rig, topics=rig.topics._replace(tickets=tickets))
    changelog = TopicPartition(tickets, 0)
    connection = {"bootstrap_servers": bootstrap}
    async with rig.worker(), asyncio.timeout(WITHIN):
        kept, written = 0, 0
        while written < 200 or kept >= written // 2:
            # The cleaner leaves the newest segment alone: go on until older ones have been compacted.
            now = now_ms()
            await rig.publish(
                [event(f"T{n}", "reassigned", now, team=os.urandom(60).hex()) for n in range(20)]
            )
            kept = len(await read(bootstrap, tickets))
            written = (await spans(connection, changelog))[changelog].end
    keys = [ticket.key async for ticket in kept_tickets(connection, tickets)]
    assert sorted(keys) == sorted(f"T{n}@default" for n in range(20))


def test_commands_refuse_state_of_a_newer_version_in_one_line(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    asyncio.run(write(bootstrap, f"{prefix}sla.tickets", [(0, b"T1@default", b"\x03" + bytes(60))]))
    line = "the changelog holds state of version 3, this one reads up to 2: run the newer"
    for command in (["state", "export"], ["explain", "T1"]):
        refused = sla_timer(*command, env=env)
        assert refused.returncode == 2
        place = f"topic {prefix}sla.tickets, partition 0, offset 0, key T1@default"
        assert refused.stderr.splitlines()[-1].startswith(f"sla-timer: {place}: {line}; see the runbook")


async def test_partitions_added_under_a_running_service_end_it(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, partitions=2)
    with pytest.raises(  # noqa: PT012 (what ends a worker is raised at the end of its block)
        GroupError, match=r"3 partitions, but there were 2: .* see `sla-timer state export`"
    ):
        async with rig.worker() as worker, asyncio.timeout(WITHIN):
            await rig.publish([event("T1", "received", now_ms())])
            await rig.announced(at_least=1)
            await add_partitions(bootstrap, 3, rig.topics.lifecycle)
            await worker._consumer()._client.force_metadata_update()  # by itself it looks every 30 s
            await worker.run()


async def test_state_that_lies_in_other_partitions_than_its_tickets_is_refused(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, partitions=1)
    await rig.publish(event(f"T{number}", "received", now_ms()) for number in range(20))
    async with rig.worker():
        await rig.announced(at_least=40)
    await add_partitions(bootstrap, 2, *rig.topics)
    rig = replace(rig, partitions=2)
    well = next(f"T{number}" for number in range(20, 99) if rig.partition(f"T{number}") == 1)
    async with rig.worker() as worker:
        await rig.publish([event(well, "received", now_ms())])
        assert (await rig.announced(at_least=42))[-1].key == well.encode()
        refused, other = await stopped(worker, rig)
    assert f"{rig.topics.tickets}-0: partition 0 of the changelog holds a ticket of partition 1, key T" in (
        refused.reason or ""
    )
    assert f"this record: sla-timer partition forget {rig.topics.tickets}-0 --key T" in (refused.reason or "")
    assert other.state is OwnerState.RUNNING


def test_the_service_says_how_to_migrate_when_it_is_started_on_more_partitions(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    asyncio.run(add_partitions(bootstrap, 2, prefix + LIFECYCLE.name))
    ended = sla_timer("run", env=env)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert f"topic {prefix}{TICKETS.name}: 1 partitions, but {prefix}{LIFECYCLE.name} has 2; " in ended.stderr
    assert "sla-timer state export and import" in ended.stderr
