"""Fetches a partition's end offset; concurrent callers share one request per broker."""

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

ANSWER_WITHIN_SECONDS = 2.0  # short, because a retry is cheap and notices sooner that a broker is back


class Answer(NamedTuple):
    """The last stable offset of a partition, and the instant (ms) just before the request was sent."""

    sent_at: int
    end: int


Waiting = dict[TopicPartition, "asyncio.Future[Answer]"]


class Asker:
    """Fetches end offsets for all partitions of a process, one request per broker at a time.

    Calls that come while a broker is being asked share the next request to it. The asker has its own
    connections: on a connection of the polling consumer, an answer waits behind the fetch. Brokers do not
    wait for each other. So a broker that is down, or a partition without a leader, delays no other
    partition's deadlines.
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
                await self.answer(reader._client)  # noqa: SLF001 (a consumer does not show the leaders)
            finally:
                await close_reader(reader)

        self._task = asyncio.create_task(run())
        return self._task

    async def stop(self) -> None:
        """Disconnect, in bounded time. Pending calls of `ask` are cancelled."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def ask(self, partition: TopicPartition) -> Answer:
        """Return the end offset of `partition`. Raises KafkaError, TimeoutError or NotConfirmedError."""
        if partition not in self._waiting:
            self._waiting[partition] = asyncio.get_running_loop().create_future()
            self._wanted.set()
        return await asyncio.shield(self._waiting[partition])

    async def answer(self, client: AIOKafkaClient) -> None:
        """Answer pending calls of `ask` until cancelled, by requests to the brokers."""
        busy: set[int | None] = set()

        async def of_leader(node: int | None, partitions: list[TopicPartition]) -> None:
            try:
                if node is None:
                    await self._look_for_leaders(client, partitions)
                else:
                    await self._ask(client, node, partitions)
            finally:
                busy.discard(node)
                self._wanted.set()  # for calls that came meanwhile

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
        sent_at = self._now()  # before the request: all records in the log by then lie below the answer
        failure: Exception = NotConfirmedError("the leader of a partition is not confirmed")
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
        if len(sure) < len(asked):  # else the next call would ask the same broker, and wait as long
            await _learn_leaders(client)

    async def _look_for_leaders(self, client: AIOKafkaClient, partitions: list[TopicPartition]) -> None:
        """Fetch the leaders of `partitions`; the calls for partitions without one fail.

        Partitions with a leader stay pending: their leader is asked next.
        """
        for topic in {partition.topic for partition in partitions}:
            client.add_topic(topic)
        await _learn_leaders(client)
        for partition in _by_leader(client, partitions)[None]:
            # None: its leader was found meanwhile, and asked.
            if future := self._waiting.pop(partition, None):
                _fail(future, NotConfirmedError("a partition has no known leader"))


async def _learn_leaders(client: AIOKafkaClient) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            await client.force_metadata_update()


def _fail(future: "asyncio.Future[Answer]", failure: Exception) -> None:
    future.set_exception(failure)
    future.exception()  # mark as retrieved: all callers may be gone


def _by_leader(
    client: AIOKafkaClient, partitions: Iterable[TopicPartition]
) -> dict[int | None, list[TopicPartition]]:
    """Partitions by leader, as far as the client knows; None: no leader, or an unknown partition."""
    found: dict[int | None, list[TopicPartition]] = defaultdict(list)
    for partition in partitions:
        node = client.cluster.leader_for_partition(partition)
        found[None if node == -1 else node].append(partition)
    return found
