"""Asking the log where it ends."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from service.kafka.client.groupless_consumer import close_reader, open_reader
from service.kafka.client.leadership import NotConfirmedError, confirmed, ends

ANSWER_WITHIN_SECONDS = 2.0  # asking again costs nothing, and finds out sooner that a broker is back


class Answer(NamedTuple):
    """The last stable offset of a partition, and the instant (ms) before which it was asked for."""

    sent_at: int
    end: int


Waiting = dict[TopicPartition, "asyncio.Future[Answer]"]


class Asker:
    """One for the process: whoever asks while a broker is being asked shares the next request to it.

    It has connections of its own: on the polling consumer's an answer waits behind the fetch. No broker waits
    for another: one that is away, or a partition that nobody leads, holds up nobody else's deadlines.
    """

    def __init__(self, connection: Mapping[str, Any], now: Callable[[], int]) -> None:
        self._connection = connection
        self._now = now
        self._waiting: Waiting = {}
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> "asyncio.Task[None]":
        """Connect. The task runs until `stop`. Raises KafkaError, OSError or TimeoutError."""
        reader = await open_reader(self._connection, committed=True)

        async def run() -> None:
            try:
                await self.answer(reader._client)  # noqa: SLF001 (where the leaders are is not for consumers to know)
            finally:
                await close_reader(reader)

        self._task = asyncio.create_task(run())
        return self._task

    async def stop(self) -> None:
        """Disconnect, in bounded time. Those who wait are cancelled."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def ask(self, partition: TopicPartition) -> Answer:
        """Where the partition's log ends. Raises KafkaError, TimeoutError or NotConfirmedError."""
        if partition not in self._waiting:
            self._waiting[partition] = asyncio.get_running_loop().create_future()
            self._wanted.set()
        return await asyncio.shield(self._waiting[partition])

    async def answer(self, client: AIOKafkaClient) -> None:
        """Ask the brokers for those who wait, until cancelled."""
        busy: set[int | None] = set()

        async def of_leader(node: int | None, partitions: list[TopicPartition]) -> None:
            try:
                if node is None:
                    await self._look_for_leaders(client, partitions)
                else:
                    await self._ask(client, node, partitions)
            finally:
                busy.discard(node)
                self._wanted.set()  # for those who came meanwhile

        try:
            async with asyncio.TaskGroup() as brokers:
                while True:
                    await self._wanted.wait()
                    self._wanted.clear()
                    for node, partitions in _by_leader(client, self._waiting).items():
                        if node not in busy:
                            busy.add(node)
                            brokers.create_task(of_leader(node, partitions))
        finally:
            for future in self._waiting.values():
                future.cancel()

    async def _ask(self, client: AIOKafkaClient, node: int, partitions: list[TopicPartition]) -> None:
        asked = {partition: self._waiting.pop(partition) for partition in partitions}
        sent_at = self._now()  # before the request leaves: what was in the log by then lies below the answer
        failure: Exception = NotConfirmedError("who leads it is not certain")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                found = await ends(client, node, partitions)
                sure = await confirmed(client, dict.fromkeys(found, node))
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            found, sure, failure = {}, set(), error
        except asyncio.CancelledError:
            for future in asked.values():
                future.cancel()
            raise
        for partition, future in asked.items():
            if partition in sure:
                future.set_result(Answer(sent_at, found[partition]))
            else:
                _fail(future, failure)
        if len(sure) < len(asked):  # whoever comes meanwhile would ask the same broker, and wait as long
            await _learn_leaders(client)

    async def _look_for_leaders(self, client: AIOKafkaClient, partitions: list[TopicPartition]) -> None:
        """Afterwards those that have a leader wait for it, the others no longer."""
        for topic in {partition.topic for partition in partitions}:
            client.add_topic(topic)
        await _learn_leaders(client)
        for partition in _by_leader(client, partitions)[None]:
            # Else its leader was known, and asked, meanwhile.
            if future := self._waiting.pop(partition, None):
                _fail(future, NotConfirmedError("nobody is known to lead it"))


async def _learn_leaders(client: AIOKafkaClient) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            await client.force_metadata_update()


def _fail(future: "asyncio.Future[Answer]", failure: Exception) -> None:
    future.set_exception(failure)
    future.exception()  # read, should nobody wait any more


def _by_leader(
    client: AIOKafkaClient, partitions: Iterable[TopicPartition]
) -> dict[int | None, list[TopicPartition]]:
    """Who leads what by what the client knows; None: nobody, or it has never heard of it."""
    found: dict[int | None, list[TopicPartition]] = defaultdict(list)
    for partition in partitions:
        node = client.cluster.leader_for_partition(partition)
        found[None if node == -1 else node].append(partition)
    return found
