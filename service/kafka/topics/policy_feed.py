"""Follows topic `sla.policies` while a process runs: what is published judges, without a restart.

Everything is read again from the beginning when the process starts: a publication that is known changes
nothing. Until it is read to the end, no deadline is judged: see service.sla.watermark.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.kafka.client.groupless_consumer import reading
from service.kafka.codec.record import Record
from service.kafka.codec.unreadable import UnreadableRecordError
from service.kafka.topics.policies import UNREADABLE
from service.policy.publication import BadPublicationError, PolicyRecord, parse_record
from service.policy.published import read_published
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
        known: Iterable[PolicyRecord],
        changed: Callable[[Policies], None],
    ) -> None:
        """`known`: what the start has read. `changed` is called with the policies after each change."""
        self.source = TopicPartition(topic, 0)
        self.position = 0  # every publication below this offset is in `policies`
        self._connection = connection
        self._changed = changed
        self._records = {record.key: record for record in known}
        self.policies = read_published(self._records.values()).directory.policies
        self._failure: str | None = None

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
        self._take(batches.get(self.source, ()))
        self.position = await reader.position(self.source)  # it also passes markers
        self._say(None)

    def _take(self, records: Sequence[Record]) -> None:
        new = {}
        for record in records:
            try:
                publication = parse_record(record.key or b"", record.value or b"")
                if publication.key not in self._records:
                    new[publication.key] = publication
                    known = read_published([*self._records.values(), *new.values()])
            except BadPublicationError as error:
                place = record.topic, record.partition, record.offset
                raise UnreadableRecordError(*place, record.key, str(error), UNREADABLE) from None
        if new:
            self._records |= new
            self.policies = known.directory.policies
            for publication in new.values():
                log.info("%s is published", publication.title)
            self._changed(self.policies)

    def _say(self, failure: str | None) -> None:
        if failure != self._failure:
            level = logging.WARNING if failure else logging.INFO
            log.log(level, "%s: %s", self.source.topic, failure or "is read again")
        self._failure = failure
