"""Whole tickets on a real Kafka: each event once, also when nobody hears what became of a commit."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import suppress

import pytest

from service.demo import broker_config as kraft
from service.demo.maven_broker import maven_broker
from service.errors import RefusalError
from service.kafka.codec.partitioner import murmur2
from service.kafka.topics.whole_tickets import COMMIT_WITHIN_SECONDS, TicketEvents, send_whole
from tests.broker.log import new_topics, read
from tests.chaos.proxy import CHUNK, Proxy

END_TXN = (26).to_bytes(2)  # the kind of request that commits
NO_ANSWER_FOR = COMMIT_WITHIN_SECONDS + 1  # seconds
WITHIN = 60  # seconds


class CommitProxy(Proxy):
    """Holds everything up from the first commit on, which arrives before that, after it, or never."""

    def __init__(self, port: int, broker: int, commit: str) -> None:
        super().__init__(port, broker)
        self._commit = commit
        self.held = False

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                if not self.held and data[4:6] == END_TXN:
                    self.held = True
                    if self._commit == "arrives":
                        sink.write(data)
                        await sink.drain()
                    if self._commit != "arrives late":
                        data = b""
                    self.hold()
                    asyncio.get_running_loop().call_later(NO_ANSWER_FOR, self.heal)
                await self._flows.wait()
                sink.write(data)
                await sink.drain()


def proxied(port: int, behind: int, front: int, controller: int) -> dict[str, str]:
    """A broker with a second listener, whose advertised port is that of a proxy."""
    local = "://127.0.0.1:"
    return {
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT{local}{port},PROXIED{local}{behind},CONTROLLER{local}{controller}",
        "advertised.listeners": f"PLAINTEXT{local}{port},PROXIED{local}{front}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }


def tickets(many: int, events: int = 3) -> Iterator[TicketEvents]:
    for number in range(many):
        yield TicketEvents(f"T{number}", [json.dumps([number, event]).encode() for event in range(events)])


@pytest.mark.broker
@pytest.mark.parametrize("commit", ["arrives", "arrives late", "is lost"])
async def test_when_a_commit_is_not_answered_every_event_is_in_the_log_once(commit: str) -> None:
    port, behind, front, controller = kraft.free_ports(4)
    direct = f"127.0.0.1:{port}"
    with maven_broker(properties=proxied(port, behind, front, controller)):
        (topic,) = await new_topics(direct, ["whole"], 2)
        async with CommitProxy(front, behind, commit) as proxy:
            sent: list[int] = []
            reach = {"bootstrap_servers": [f"127.0.0.1:{front}"]}
            async with asyncio.timeout(WITHIN):
                await send_whole(reach, topic, tickets(50), partitioner=murmur2, group="g", sent=sent.append)
            assert proxy.held
        assert sum(sent) == 150
        records = await _all(direct, topic, 150)
        assert sorted(record.value for record in records) == sorted(
            event for ticket in tickets(50) for event in ticket.events
        )


async def test_a_missing_topic_is_refused(bootstrap: str) -> None:
    with pytest.raises(RefusalError, match="topic nowhere: missing"):
        await send_whole(
            {"bootstrap_servers": [bootstrap]},
            "nowhere",
            tickets(1),
            partitioner=murmur2,
            group="g",
            sent=lambda _: None,
        )


async def test_what_kafka_never_takes_is_refused_at_once_and_nothing_is_there(bootstrap: str) -> None:
    """A topic whose records must be smaller than these."""
    (topic,) = await new_topics(bootstrap, ["small"], 1, {"max.message.bytes": "1000"})
    big = [TicketEvents("T1", [os.urandom(500).hex().encode()])]
    with pytest.raises(RefusalError, match=f"topic {topic}: Kafka does not take the events: "):
        await send_whole(
            {"bootstrap_servers": [bootstrap]},
            topic,
            big,
            partitioner=murmur2,
            group="g",
            sent=lambda _: pytest.fail("nothing is sent"),
        )
    assert await read(bootstrap, topic) == []


async def _all(bootstrap: str, topic: str, at_least: int) -> list:
    """The records, once readers see so many: Kafka writes the markers of a commit after it was answered."""
    async with asyncio.timeout(WITHIN):
        while len(records := await read(bootstrap, topic)) < at_least:
            pass
    return records
