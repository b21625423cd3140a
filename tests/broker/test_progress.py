"""Billing can close a period: owners say until when the breaches of their partition are all told."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from schemas.instant import milliseconds
from schemas.instant import read as read_instant
from service.clock import now_ms
from service.kafka.topics.progress import is_progress
from tests.broker.log import read
from tests.broker.rig import GRACE, Rig, event, new_rig

PARTITIONS = 3
WITHIN = 30


async def written(rig: Rig, since: int = 0) -> dict[tuple[int, int], Mapping[str, Any]]:
    """By partition of the breaches and of the input: the latest progress, each complete until `since`."""
    found: dict[tuple[int, int], Mapping[str, Any]] = {}
    async with asyncio.timeout(WITHIN):
        while len(found) < PARTITIONS**2 or min(map(until, found.values())) < since:
            for record in await read(rig.bootstrap, rig.topics.breaches, progress=True):
                if is_progress(record):
                    assert record.key is None
                    said = json.loads(record.value)
                    found[record.partition, said["source_partition"]] = said
    return found


def until(said: Mapping[str, Any]) -> int:
    return milliseconds(read_instant(said["complete_until"]))


async def test_every_owner_tells_every_partition_of_the_breaches(bootstrap: str) -> None:
    rig, began = await new_rig(bootstrap, PARTITIONS), now_ms()
    async with rig.worker():
        found = await written(rig)
    assert {(said["source_topic"], said["source_partitions"]) for said in found.values()} == {
        (rig.topics.lifecycle, PARTITIONS)
    }
    assert all(began - GRACE <= until(said) <= now_ms() for said in found.values())


async def test_what_was_due_before_is_told_before(bootstrap: str) -> None:
    """Each of 600 overdue tickets stands in its partition before the progress that covers its deadline."""
    rig, tickets = await new_rig(bootstrap, PARTITIONS, target=1_000), [f"T{n}" for n in range(600)]
    await rig.publish([event(ticket, "received", now_ms() - 60_000) for ticket in tickets])
    async with rig.worker():
        await written(rig)
    complete: dict[tuple[int, int], int] = {}
    told = []
    for record in await read(rig.bootstrap, rig.topics.breaches, progress=True):
        said = json.loads(record.value)
        if is_progress(record):
            complete[record.partition, said["source_partition"]] = until(said)
        else:
            told.append(said["ticket_id"])
            before = complete.get((record.partition, said["evidence"][0]["partition"]), 0)
            assert milliseconds(read_instant(said["due_at"])) >= before
    assert sorted(told) == sorted(2 * tickets)


async def test_an_owner_that_died_is_followed_by_one_that_tells_again(bootstrap: str) -> None:
    rig = await new_rig(bootstrap, PARTITIONS)
    async with rig.worker():
        await written(rig)
    back = now_ms()
    async with rig.worker():
        assert min(map(until, (await written(rig, since=back - GRACE)).values())) >= back - GRACE
