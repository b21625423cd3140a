"""Asking the log where it ends."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.kafka.leadership import NotConfirmedError, confirmed
from service.kafka.reader import close_reader, open_reader

ANSWER_WITHIN = 2.0  # seconds; asking again costs nothing, and finds out sooner that a broker is back


class Answer(NamedTuple):
    """The last stable offset of a partition, and the instant (ms) before which it was asked for."""

    sent_at: int
    end: int


class Asker:
    """One for the process: whoever asks while a request is under way shares the next one.

    It has a connection of its own: on the polling consumer's an answer waits behind the fetch.
    """

    def __init__(self, connection: Mapping[str, Any], now: Callable[[], int]) -> None:
        self._connection = connection
        self._now = now
        self._waiting: dict[TopicPartition, asyncio.Future[Answer]] = {}
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> "asyncio.Task[None]":
        """Connect. The task runs until `stop`. Raises KafkaError, OSError or TimeoutError."""
        reader = await open_reader(self._connection, committed=True)
        self._task = asyncio.create_task(self._run(reader))
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

    async def _run(self, reader: AIOKafkaConsumer) -> None:
        asked: dict[TopicPartition, asyncio.Future[Answer]] = {}
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                asked, self._waiting = self._waiting, {}
                await self._answer(reader, asked)
        finally:
            for future in (*asked.values(), *self._waiting.values()):
                future.cancel()
            await close_reader(reader)

    async def _answer(
        self, reader: AIOKafkaConsumer, asked: Mapping[TopicPartition, "asyncio.Future[Answer]"]
    ) -> None:
        client = reader._client  # noqa: SLF001 (where the leaders are is not for consumers to know)
        sent_at = self._now()  # before the request leaves: what was in the log by then lies below the answer
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                for topic in {partition.topic for partition in asked}:
                    await client._wait_on_metadata(topic)  # noqa: SLF001 (returns at once but the first time)
                leaders = {partition: client.cluster.leader_for_partition(partition) for partition in asked}
                ends = await reader.end_offsets(list(asked))
                # Who leads may have changed while they asked: then nobody knows who answered.
                same = {
                    p: node for p, node in leaders.items() if client.cluster.leader_for_partition(p) == node
                }
                sure = await confirmed(client, same)
        except (KafkaError, OSError, TimeoutError) as error:
            ends, sure, failure = {}, set(), error
        else:
            failure = NotConfirmedError("who leads it is not certain")
        if len(sure) < len(asked):
            client.force_metadata_update()
        for partition, future in asked.items():
            if partition in sure:
                future.set_result(Answer(sent_at, ends[partition]))
            else:
                future.set_exception(failure)
                future.exception()  # read, should nobody wait any more
