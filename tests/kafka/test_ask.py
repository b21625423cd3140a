"""Where logs end, asked of brokers that answer, do not answer, or do not lead."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.protocol.metadata import MetadataRequest

from service.kafka.client.leadership import NotConfirmedError
from service.kafka.client.log_end import Asker

HERE, THERE, NOBODYS = (TopicPartition("lifecycle", number) for number in (0, 1, 2))
END = 7


@dataclass
class Brokers:
    """Three that hold all partitions; they stand in for a client. `leaders`: what the client knows."""

    leaders: dict[TopicPartition, int] = field(default_factory=lambda: {HERE: 1, THERE: 2, NOBODYS: -1})
    really: dict[TopicPartition, int] = field(default_factory=lambda: {HERE: 1, THERE: 2, NOBODYS: -1})
    hang: set[int] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)
    updates: int = 0

    @property
    def cluster(self) -> SimpleNamespace:
        partitions = {partition.partition: SimpleNamespace(replicas=[1, 2, 3]) for partition in self.leaders}
        return SimpleNamespace(_partitions={"lifecycle": partitions}, leader_for_partition=self.leaders.get)

    def add_topic(self, topic: str) -> None:
        """All there are is known."""

    def force_metadata_update(self) -> "asyncio.Future[bool]":
        self.updates += 1
        self.leaders = dict(self.really)
        done = asyncio.get_running_loop().create_future()
        done.set_result(True)
        return done

    async def send(self, node: int, request: object) -> SimpleNamespace:
        if node in self.hang:
            await asyncio.Event().wait()
        if isinstance(request, MetadataRequest):
            rows = [(0, one.partition, leader, [1, 2, 3], []) for one, leader in self.really.items()]
            return SimpleNamespace(topics=[(0, "lifecycle", False, rows)])
        self.asked.append(node)
        ((topic, wanted),) = request._topics
        codes = {one.partition: 0 if leader == node else 6 for one, leader in self.really.items()}
        return SimpleNamespace(topics=[(topic, [(number, codes[number], -1, END) for number, _ in wanted])])


@asynccontextmanager
async def asking(brokers: Brokers) -> AsyncIterator[Asker]:
    asker = Asker({}, itertools.count().__next__)
    answering = asyncio.create_task(asker.answer(brokers))
    try:
        yield asker
    finally:
        answering.cancel()
        await asyncio.wait([answering])


async def test_a_broker_that_does_not_answer_holds_up_only_what_it_leads() -> None:
    brokers = Brokers(hang={2})
    async with asking(brokers) as asker:
        hung = asyncio.create_task(asker.ask(THERE))
        for _ in range(3):
            assert (await asker.ask(HERE)).end == END
        assert not hung.done()
        with pytest.raises(TimeoutError):
            await hung


async def test_a_partition_that_nobody_leads_holds_up_nobody_else() -> None:
    async with asking(Brokers()) as asker:
        for _ in range(3):
            orphan = asyncio.create_task(asker.ask(NOBODYS))
            assert (await asker.ask(HERE)).end == END
            with pytest.raises(NotConfirmedError, match="no known leader"):
                await orphan


async def test_who_no_longer_leads_is_not_believed_and_the_new_leader_is_asked_next() -> None:
    brokers = Brokers(really={HERE: 2, THERE: 2, NOBODYS: -1})
    async with asking(brokers) as asker:
        with pytest.raises(NotConfirmedError):
            await asker.ask(HERE)
        assert (await asker.ask(HERE)).end == END
    assert brokers.asked == [1, 2]


async def test_a_partition_of_which_nothing_was_known_is_answered_at_once() -> None:
    async with asking(Brokers(leaders={})) as asker:
        assert (await asker.ask(HERE)).end == END


async def test_the_instant_of_an_answer_lies_before_its_request_and_later_questions_are_asked_anew() -> None:
    async with asking(Brokers()) as asker:
        first, again = await asyncio.gather(asker.ask(HERE), asker.ask(HERE))
        assert first == again
        assert (await asker.ask(HERE)).sent_at > first.sent_at


async def test_those_who_wait_are_let_go_at_the_end() -> None:
    async with asking(Brokers(hang={1})) as asker:
        waiting = [asyncio.create_task(asker.ask(one)) for one in (HERE, THERE)]
        await waiting[1]
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(1):
            await waiting[0]
