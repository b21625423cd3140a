"""Follows topic `sla.policies` while a process runs: what is published judges, without a restart.

Everything is read again from the beginning when the process starts: a publication that is known changes
nothing. Until it is read to the end, no deadline is judged: see service.sla.watermark.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.kafka.client.groupless_consumer import reading
from service.kafka.codec.record import Record
from service.kafka.topics.policies import read_records
from service.policy.published import Published
from service.sla.policy import Policies

log = logging.getLogger(__name__)

AGAIN_AFTER_SECONDS = 1.0  # when Kafka did not answer
POLL_MS = 500  # how long one poll waits for a publication; an answer comes as soon as there is one


class PublishedPolicies:
    """All that is published by now. Runs in one task of the process, and serves every partition."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        topic: str,
        known: Published,
        changed: Callable[[Published], None],
    ) -> None:
        """`known`: what the start has read. `changed` is told what is published, after each change."""
        self.source = TopicPartition(topic, 0)
        self.position = 0  # every publication below this offset is in `policies`
        self._connection = connection
        self._changed = changed
        self._published = known
        self._failure: str | None = None

    @property
    def policies(self) -> Policies:
        """What judges."""
        return self._published.directory.policies

    async def run(self) -> None:
        """Follow until cancelled; try again after errors of Kafka.

        Raises UnreadableRecordError: newer software may have published what this one cannot read.
        """
        while True:
            try:
                async with reading(self._connection, committed=True) as reader:
                    reader.assign([self.source])
                    reader.seek(self.source, self.position)
                    while True:
                        await self._read(reader)
            except (KafkaError, OSError) as error:  # TimeoutError is an OSError
                self._say(repr(error))
            await asyncio.sleep(AGAIN_AFTER_SECONDS)

    async def _read(self, reader: AIOKafkaConsumer) -> None:
        batches = await reader.getmany(timeout_ms=POLL_MS)
        if records := batches.get(self.source):
            await self._take(records)
        self.position = await reader.position(self.source)  # it also passes markers
        self._say(None)

    async def _take(self, records: Sequence[Record]) -> None:
        known = {record.key for record in self._published.records}
        # In a thread: reading many versions takes longer than a deadline should wait for the event loop.
        self._published = await asyncio.to_thread(read_records, records, self._published)
        added = [record for record in self._published.records if record.key not in known]
        for record in added:
            log.info("%s is published", record.title)
        if added:
            self._changed(self._published)

    def _say(self, failure: str | None) -> None:
        if failure != self._failure:
            level = logging.WARNING if failure else logging.INFO
            log.log(level, "%s: %s", self.source.topic, failure or "is read again")
        self._failure = failure
