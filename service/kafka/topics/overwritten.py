"""Finds records of `sla.policies` that take the place of what is published, once Kafka compacts the topic.

Of two records with one key the first is what was published, and judges. Compaction keeps the last one. The
service writes no key twice, so somebody else has.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from service.kafka.client.patience import patiently
from service.kafka.codec.record import Record
from service.kafka.topics.policies import policy_records
from service.policy.publication import (
    BadPublicationError,
    PolicyRecord,
    Publication,
    PublishedYear,
    parse_record,
)


async def overwritten(connection: Mapping[str, Any], topic: str) -> list[str]:
    """Return a line for each published record that the next compaction loses. Raises RefusalError."""
    return list(overwriting(await patiently(connection, lambda: policy_records(connection, topic))))


def overwriting(records: Iterable[Record]) -> Iterator[str]:
    """Yield a line for each key whose last record says otherwise than its first."""
    first: dict[bytes | None, Record] = {}
    last: dict[bytes | None, Record] = {}
    for record in records:
        first.setdefault(record.key, record)
        last[record.key] = record
    for key, published in first.items():
        wrong = last[key]
        if wrong is not published and _meaning(wrong) != _meaning(published):
            name = (key or b"").decode(errors="backslashreplace")
            place = f"topic {wrong.topic}, partition {wrong.partition}, offset {wrong.offset}, key {name}"
            what = "says otherwise than what is published" if wrong.value else "has no value"
            yield (
                f"{place}: {what}, and takes its place once Kafka compacts the topic: write the record at "
                f"offset {published.offset} again, with its key and value"
            )


def _meaning(record: Record) -> tuple[object, ...] | None:
    """Return what a record says, whenever it was written; None: nothing that can be published."""
    try:
        read: PolicyRecord = parse_record(record.key or b"", record.value or b"")
    except BadPublicationError:
        return None
    match read:
        case Publication():
            return read.key, read.content
        case PublishedYear():
            return read.key, read.dates
        case _:
            return read.key, read.retired_at
