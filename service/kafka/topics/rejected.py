"""Reads the dead-letter topic `complaints.rejected`, and sends its records back to their topic."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Protocol

from aiokafka.errors import KafkaError

from service.errors import RefusalError
from service.events.structured import LARGEST_BYTES
from service.kafka.client.plain_producer import producing
from service.kafka.codec.partitioner import Partitioner
from service.kafka.codec.record import Headers, Record, size_of
from service.kafka.codec.records import DETAIL, FIELD, OFFSET, PARTITION, REASON, TOPIC, WITHOUT_CONTENT
from service.kafka.topics.scan import partitions_of, scan, spans_of

_OURS = "sla_rejected_"


class RejectedRecord(NamedTuple):
    """A rejected record."""

    partition: int  # of complaints.rejected
    offset: int
    at: int  # ms: when it was rejected
    reason: str
    field: str | None
    detail: str
    topic: str  # the input from which it was rejected, with the next two fields
    from_partition: int
    from_offset: int
    key: bytes | None  # as it came, like the next two fields
    value: bytes | None
    headers: Headers
    bytes_lost: int | None  # the size of the record, if its content could not be kept

    @property
    def name(self) -> str:
        """The name that commands take and show: `partition:offset`."""
        return f"{self.partition}:{self.offset}"


async def read_rejected(connection: Mapping[str, Any], topic: str) -> AsyncIterator[RejectedRecord]:
    """Every rejected record that the topic has now, partition by partition. Raises RefusalError."""
    for partition, span in (await spans_of(connection, topic)).items():
        async for record in scan(connection, topic, partition, span):
            yield aside(record)


def aside(record: Record) -> RejectedRecord:
    """Parse a record of the dead-letter topic. If it came with headers like ours, the last ones are ours."""
    names = [name for name, _ in record.headers]
    first = len(names) - names[::-1].index(REASON) - 1 if REASON in names else len(names)
    said = {name: (value or b"").decode(errors="replace") for name, value in record.headers[first:]}
    lost = said.get(WITHOUT_CONTENT)
    return RejectedRecord(
        record.partition,
        record.offset,
        record.timestamp,
        said.get(REASON, "unknown"),
        said.get(FIELD),
        said.get(DETAIL, ""),
        said.get(TOPIC, ""),
        _number(said.get(PARTITION), -1),
        _number(said.get(OFFSET), -1),
        record.key,
        record.value,
        [header for header in record.headers if not header[0].startswith(_OURS)],
        None if lost is None else _number(lost, 0),
    )


def _number(text: str | None, otherwise: int) -> int:
    """Parse a number from a header, which any producer may have written; `otherwise` if it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 20 else otherwise


def hopeless(record: RejectedRecord, topics: Collection[str]) -> str | None:
    """The reason why a record cannot be sent to one of `topics` again; None: it can."""
    if record.bytes_lost is not None:
        return "only its reason was kept"
    if record.topic not in topics:
        return f"it came from {record.topic or 'nowhere'}"
    if record.key is None:
        return "it has no key, so its partition is unknown"
    size = size_of(record.key, record.value, record.headers)
    return "it is larger than 256 KiB" if size > LARGEST_BYTES else None


class SendAgain(Protocol):
    """Sends one record back to its topic; returns its new partition and offset."""

    async def __call__(self, record: RejectedRecord) -> tuple[int, int]:
        """Send `record`. Raises RefusalError when Kafka rejects it."""


@asynccontextmanager
async def sending_again(connection: Mapping[str, Any], partitioner: Partitioner) -> AsyncIterator[SendAgain]:
    """Yield a function that sends records as they came, each once, to the partition of its key."""
    counts: dict[str, int] = {}
    async with producing(connection) as producer:

        async def send(record: RejectedRecord) -> tuple[int, int]:
            topic, key = record.topic, record.key or b""
            if topic not in counts:
                counts[topic] = await partitions_of(connection, topic)
            partition = partitioner(key, counts[topic])
            try:
                landed = await producer.send_and_wait(
                    topic, record.value, record.key, partition=partition, headers=list(record.headers)
                )
            except KafkaError as error:
                raise RefusalError(f"topic {topic}: Kafka does not take {record.name}: {error}") from None
            return landed.partition, landed.offset

        yield send
