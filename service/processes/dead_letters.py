"""Reads the dead letters of the gateway, and maps and publishes them again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from schemas.topics import LIFECYCLE, UNDELIVERABLE
from service.errors import RefusalError, UnavailableError
from service.gateway.dead_letter import DeadLetter, letter_of
from service.gateway.intake import MappedEvent, Publishable, Unmappable, take
from service.gateway.source import HookSource
from service.kafka.client.options import connection
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.topics.event_log import KafkaEventLog, WrittenTopics
from service.kafka.topics.scan import partitions_of, scan, spans_of
from service.settings import Settings


class FoundLetter(NamedTuple):
    """A dead letter in its topic. `at`: when it was written, ms."""

    partition: int
    offset: int
    at: int
    letter: DeadLetter

    @property
    def name(self) -> str:
        """The name that commands take and show: `partition:offset`."""
        return f"{self.partition}:{self.offset}"


async def read_letters(settings: Settings) -> AsyncIterator[FoundLetter]:
    """Every dead letter that the topic has now. Raises RefusalError."""
    reach, topic = connection(settings), UNDELIVERABLE.named(settings.topic_prefix)
    for partition, span in (await spans_of(reach, topic)).items():
        async for record in scan(reach, topic, partition, span):
            letter = letter_of(record.value, record.headers)
            yield FoundLetter(record.partition, record.offset, record.timestamp, letter)


def mapped_again(sources: Mapping[str, HookSource], letter: DeadLetter, now: int) -> Publishable | Unmappable:
    """Return what becomes of a dead letter with the mappings of today. `now` in ms.

    Its instant is that of the first try, so that the ids are those that the first try would have given.
    """
    source = sources.get(letter.endpoint)
    if source is None:
        return Unmappable("no_source", "", f"there is no source {letter.endpoint or 'without a name'} now")
    return take(source, letter.body, letter.headers, letter.came_at if letter.came_at >= 0 else now, now)


class LetterPublisher:
    """Publishes events of dead letters."""

    def __init__(self, events: KafkaEventLog) -> None:
        self._events = events

    async def publish(self, events: tuple[MappedEvent, ...]) -> None:
        """Return once Kafka has acknowledged all. Raises RefusalError."""
        try:
            await self._events.publish(events)
        except UnavailableError as error:
            raise RefusalError(f"not all events are published: {error}; run it again") from None


@asynccontextmanager
async def publishing(settings: Settings) -> AsyncIterator[LetterPublisher]:
    """A publisher for the length of a block. Raises RefusalError when the topic is missing."""
    reach, prefix = connection(settings), settings.topic_prefix
    await partitions_of(reach, LIFECYCLE.named(prefix))
    topics = WrittenTopics(LIFECYCLE.named(prefix), UNDELIVERABLE.named(prefix), {})
    events = KafkaEventLog(reach, topics, PARTITIONERS[settings.partitioner], 0)
    running = asyncio.create_task(events.run())
    try:
        yield LetterPublisher(events)
    finally:
        running.cancel()
        await asyncio.wait([running])
