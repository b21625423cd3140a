"""`topics ensure` and `topics check` on real Kafka."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import BREACHES, CLOCKS, DESKS, TICKETS, TOPICS
from service.kafka.client.groupless_consumer import spans
from service.kafka.exactly_once.restore import RestoreProgress, restore
from service.kafka.exactly_once.transaction import Outgoing, Transactions
from service.kafka.topics.ensure import ensure, find
from tests.broker.log import create
from tests.broker.service import environment, sla_timer


class Memory(dict[str, bytes | None]):
    def restore(self, key: str, value: bytes | None) -> None:
        self[key] = value


def test_ensure_creates_all_that_is_missing_once_and_check_is_content(bootstrap: str, prefix: str) -> None:
    env = environment(bootstrap, prefix)
    first = sla_timer("topics", "ensure", "--partitions", "3", env=env)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[-1] == "topics are fine"
    assert len(first.stdout.splitlines()) == len(TOPICS) + 1
    again = sla_timer("topics", "ensure", "--partitions", "3", env=env)
    assert (again.returncode, again.stdout, again.stderr) == (0, "topics are fine\n", "")
    check = sla_timer("topics", "check", env=env)
    assert (check.returncode, check.stdout, check.stderr) == (0, "topics are fine\n", "")


def test_ensure_says_that_it_cannot_give_the_input_another_number_of_partitions(
    bootstrap: str, prefix: str
) -> None:
    env = environment(bootstrap, prefix)
    assert sla_timer("topics", "ensure", "--partitions", "3", env=env).returncode == 0
    for asked in ("2", "6"):
        again = sla_timer("topics", "ensure", "--partitions", asked, env=env)
        assert (again.returncode, again.stdout) == (1, "")
        assert again.stderr == (
            f"topic {prefix}complaints.lifecycle: has 3 partitions, not {asked}; its keys would move: "
            "to change it, sla-timer state export, new topics, state import\n"
        )
    assert sla_timer("topics", "ensure", env=env).returncode == 0


async def test_what_others_made_with_the_defaults_of_the_broker_is_refused_by_check_and_start(
    bootstrap: str, prefix: str
) -> None:
    for topic in (BREACHES, CLOCKS, TICKETS, DESKS):
        config = {"cleanup.policy": topic.config["cleanup.policy"], "max.message.bytes": "1048588"}
        await create(bootstrap, topic.named(prefix), config)
    env = environment(bootstrap, prefix)
    made = await asyncio.to_thread(sla_timer, "topics", "ensure", "--partitions", "1", env=env)
    checked = await asyncio.to_thread(sla_timer, "topics", "check", env=env)
    assert (made.returncode, checked.returncode, checked.stdout) == (1, 1, "")
    assert made.stderr == checked.stderr
    lines = checked.stderr.splitlines()
    sizes, kept = lines[:4], lines[4:]
    assert [line.partition("does not hold")[0] for line in sizes] == [
        f"topic {prefix}{name}: max.message.bytes=1048588 "
        for name in ("sla.breaches", "sla.clocks", "sla.tickets", "sla.desks")
    ]
    assert [line.partition("=604800000 ")[0] for line in kept] == [
        f"topic {prefix}{name}: retention.ms" for name in ("sla.breaches", "sla.clocks")
    ]
    refused = await asyncio.to_thread(sla_timer, "run", env=env)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"sla-timer: {lines[0]} (and 3 more)\n"


@pytest.mark.parametrize("name", ["sla.breaches", "sla.clocks", "sla.tickets", "sla.desks"])
async def test_a_topic_takes_as_much_as_it_was_made_for_and_gives_it_back(
    bootstrap: str, prefix: str, name: str
) -> None:
    reach = {"bootstrap_servers": [bootstrap]}
    await ensure(reach, prefix, 1)
    target = TopicPartition(prefix + name, 0)
    largest = (await find(reach, prefix))[name].largest
    value = bytes(largest - 1_000)
    source = TopicPartition(f"{prefix}complaints.lifecycle", 0)
    writer = await Transactions.open(reach, source, target, prefix, {target.topic: largest})
    try:
        await writer.commit([Outgoing(target, b"key", value)], {})
    finally:
        await writer.discard()
    memory = Memory()
    await restore(reach, target, (await spans(reach, target))[target], memory, RestoreProgress())
    assert memory == {"key": value}


async def test_what_is_larger_than_a_segment_is_refused_by_kafka_whatever_the_topic_may_take(
    bootstrap: str, prefix: str
) -> None:
    topic = f"{prefix}sla.tickets"
    config = {"max.message.bytes": str(8 * 2**20), "segment.bytes": str(2**20)}
    await create(bootstrap, topic, config)
    found = (await find({"bootstrap_servers": [bootstrap]}, prefix))["sla.tickets"]
    assert found.largest == 2**20
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", max_request_size=8 * 2**20
    ) as producer:
        await producer.send_and_wait(topic, bytes(2**20 - 1_000))
        with pytest.raises(KafkaError):
            await producer.send_and_wait(topic, bytes(2**20 + 1))


def test_check_tells_every_finding_in_a_line_of_its_own(bootstrap: str, prefix: str) -> None:
    check = sla_timer("topics", "check", env=environment(bootstrap, prefix))
    assert (check.returncode, check.stdout) == (1, "")
    assert [line.split(":")[0] for line in check.stderr.splitlines()] == [
        f"topic {prefix}{name}"
        for name in (
            "complaints.lifecycle",
            "complaints.rejected",
            "sla.breaches",
            "sla.clocks",
            "sla.tickets",
            "sla.policies",
            "support.channels",
            "sla.desks",
            "complaints.undeliverable",
        )
    ]


async def test_what_was_just_created_is_waited_for_where_it_is_not_known_yet(
    bootstrap: str, prefix: str
) -> None:
    reach = {"bootstrap_servers": [bootstrap]}
    created = [topic.named(prefix) for topic in TOPICS]
    looking = asyncio.create_task(find(reach, prefix, created))
    assert await find(reach, prefix) == {}
    await ensure(reach, prefix, 1)
    assert set(await looking) == {topic.name for topic in TOPICS}


async def test_what_nobody_has_created_is_not_waited_for_for_ever(bootstrap: str, prefix: str) -> None:
    assert await find({"bootstrap_servers": [bootstrap]}, prefix, [f"{prefix}sla.breaches"]) == {}
