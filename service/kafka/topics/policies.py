"""Reads and writes topic `sla.policies`: known and new policy versions, before anything is judged."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import InvalidTimestampError

from service.clock import now_ms
from service.errors import RefusalError
from service.kafka.client.groupless_consumer import OffsetSpan, reading
from service.kafka.client.patience import PATIENCE_SECONDS, patiently
from service.kafka.client.plain_producer import producing
from service.kafka.client.read_to_end import read_to_end
from service.kafka.client.transactional_producer import STAMP_REFUSED
from service.kafka.codec.record import Record
from service.kafka.codec.unreadable import UnreadableRecordError
from service.policy.publication import (
    BadPublicationError,
    Publication,
    VersionKey,
    parse_publication,
    publication_record,
)

AT_ONCE = 500  # records


async def published(connection: Mapping[str, Any], topic: str) -> dict[VersionKey, Publication]:
    """Every policy version that was ever published. Raises RefusalError or UnreadableRecordError."""

    async def ask() -> dict[VersionKey, Publication]:
        found: dict[VersionKey, Publication] = {}
        async with reading(connection, committed=True) as reader:
            cluster = await reader._client.fetch_all_metadata()  # noqa: SLF001 (asking by name may create it)
            partitions = [
                TopicPartition(topic, number) for number in cluster.partitions_for_topic(topic) or ()
            ]
            begins = await reader.beginning_offsets(partitions)
            ends = await reader.end_offsets(partitions)
            for source in partitions:
                span = OffsetSpan(begins[source], ends[source])
                pieces = read_to_end(reader, source, span, no_progress_for=PATIENCE_SECONDS, at_once=AT_ONCE)
                async for records, _ in pieces:
                    for record in records:
                        publication = _publication(record)
                        # The first record counts: two processes that started at once may both have written.
                        found.setdefault((publication.policy, publication.version), publication)
        return found

    return await patiently(connection, ask)


def _publication(record: Record) -> Publication:
    try:
        return parse_publication(record.key or b"", record.value or b"")
    except BadPublicationError as error:
        place = record.topic, record.partition, record.offset
        raise UnreadableRecordError(*place, record.key, str(error)) from None


async def publish(connection: Mapping[str, Any], topic: str, new: Iterable[Publication]) -> None:
    """Write publications to the topic; a retry may write some of them twice. Raises RefusalError."""
    records = [publication_record(publication) for publication in new]

    async def write() -> None:
        async with producing(connection) as producer:
            try:
                for key, value in records:
                    await producer.send_and_wait(topic, value, key, timestamp_ms=now_ms())
            except InvalidTimestampError:
                raise RefusalError(f"topic {topic}: {STAMP_REFUSED}") from None

    await patiently(connection, write)
