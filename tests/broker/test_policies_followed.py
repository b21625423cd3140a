"""A version that is published while the service runs judges what begins from its instant on, nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from schemas.instant import written
from service.clock import now_ms
from service.errors import RefusalError
from service.kafka.topics.policy_feed import PublishedPolicies
from service.policy.directory import read_policies
from service.policy.publication import Publication, policy_record
from service.policy.published import Published, read_published
from tests.broker.log import new_topics, write
from tests.broker.rig import Rig, event, new_rig

WITHIN = 20  # seconds
LONG_AGO = 1_700_000_000_000  # 2023-11-14
POLICY = """
policy: test
version: {version}
effective_from: {since}
title: {{en: T}}
clocks:
  response: {{start: received, stop: [response_started], levels: [{{level: minor, after: {target}}}]}}
"""


def publication(directory: Path, version: int, since: int, target: str) -> Publication:
    (directory / "p.yaml").write_text(POLICY.format(version=version, since=written(since), target=target))
    file = read_policies(directory).files["test", version]
    at = written(since)
    return Publication("test", version, file.policy.sha256, at, at, "2026b", file.content)


class Changes:
    """What a feed has told of, in order."""

    def __init__(self) -> None:
        self.told: list[Published] = []
        self._more = asyncio.Event()

    def __call__(self, published: Published) -> None:
        self.told.append(published)
        self._more.set()

    async def so_many(self, count: int) -> None:
        async with asyncio.timeout(WITHIN):
            while len(self.told) < count:
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def following(feed: PublishedPolicies) -> AsyncIterator[None]:
    task = asyncio.create_task(feed.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def publish(bootstrap: str, topic: str, *publications: Publication) -> None:
    await write(bootstrap, topic, [(0, *policy_record(one)) for one in publications])


async def rig_and_topic(bootstrap: str) -> tuple[Rig, str]:
    (topic,) = await new_topics(bootstrap, ["policies"])
    return await new_rig(bootstrap, partitions=2), topic


async def test_a_new_version_judges_to_the_millisecond_without_a_restart(
    bootstrap: str, tmp_path: Path
) -> None:
    rig, topic = await rig_and_topic(bootstrap)
    await publish(bootstrap, topic, publication(tmp_path, 1, LONG_AGO, "1h"))
    changes = Changes()
    feed = PublishedPolicies({"bootstrap_servers": bootstrap}, topic, Published(), changes)
    async with replace(rig, feed=feed).worker():
        await changes.so_many(1)
        effective = now_ms() + 2_000
        ahead = [event(f"T{late}", "received", effective + late) for late in (-1, 0, 1)]
        await rig.publish(ahead[:2])  # the second is judged by version 1 as well, until 2 is heard of
        await publish(bootstrap, topic, publication(tmp_path, 2, effective, "200ms"))
        await rig.publish(ahead[2:])
        records = await rig.announced(at_least=2)
    said = [json.loads(record.value) for record in records]
    assert {(one["ticket_id"], one["policy"]["version"], one["reason"]) for one in said} == {
        ("T0", 2, None),
        ("T1", 2, None),
    }


async def test_no_deadline_fires_while_the_policies_cannot_be_read_to_their_end(
    bootstrap: str, tmp_path: Path
) -> None:
    """Kafka says how far they go, but the feed does not reach it: what it knows may be out of date."""
    rig, topic = await rig_and_topic(bootstrap)
    old, new = publication(tmp_path, 1, LONG_AGO, "1ms"), publication(tmp_path, 2, LONG_AGO + 1, "1h")
    await publish(bootstrap, topic, old, new)
    reach = {"bootstrap_servers": "127.0.0.1:1"}
    feed = PublishedPolicies(reach, topic, read_published([old]), lambda _: None)
    async with replace(rig, feed=feed).worker() as worker:
        await rig.publish([event("T1", "received", now_ms() - 60_000)])
        async with asyncio.timeout(WITHIN):
            while sum(status.tickets for status in worker.status().values()) < 1:
                assert await rig.announced() == []
        assert [status.watermark for status in worker.status().values()] == [None, None]
        reach["bootstrap_servers"] = bootstrap
        async with asyncio.timeout(WITHIN):
            while None in [status.watermark for status in worker.status().values()]:
                assert await rig.announced() == []  # by version 2 there is an hour left


async def test_what_newer_software_published_ends_the_process_and_is_named(bootstrap: str) -> None:
    (topic,) = await new_topics(bootstrap, ["policies"])
    await write(bootstrap, topic, [(0, b"test@1", b'{"of": "tomorrow"}')])
    feed = PublishedPolicies({"bootstrap_servers": bootstrap}, topic, Published(), lambda _: None)
    with pytest.raises(RefusalError, match=f"topic {topic}, partition 0, offset 0"):
        async with asyncio.timeout(WITHIN):
            await feed.run()


async def test_each_change_is_told_once(bootstrap: str, tmp_path: Path) -> None:
    (topic,) = await new_topics(bootstrap, ["policies"])
    first = publication(tmp_path, 1, LONG_AGO, "1h")
    changes = Changes()
    feed = PublishedPolicies({"bootstrap_servers": bootstrap}, topic, Published(), changes)
    async with following(feed):
        await publish(bootstrap, topic, first, first)
        await changes.so_many(1)
        await publish(bootstrap, topic, publication(tmp_path, 2, LONG_AGO + 1, "2h"))
        await changes.so_many(2)
    assert [len(published.versions) for published in changes.told] == [1, 2]
    assert feed.source == TopicPartition(topic, 0)
