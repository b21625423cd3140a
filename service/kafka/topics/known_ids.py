"""The ids that the input already has of one source, for those who would send its history again."""

from collections.abc import Mapping
from typing import Any

from service.events.rejection import Rejection
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.records import decode
from service.kafka.topics.scan import scan, spans_of


async def known_ids(connection: Mapping[str, Any], topic: str, source: str) -> set[str]:
    """Return the ids of all events of `source` that the topic has now; it is read as a whole.

    Raises RefusalError.
    """
    found: set[str] = set()
    spans = await spans_of(connection, topic)
    for partition, span in spans.items():
        async for record in scan(connection, topic, partition, span):
            # Whether the partition is the right one does not matter here.
            decoded = decode(record, None, len(spans), murmur2, knows=lambda _: True)
            if not isinstance(decoded, Rejection) and decoded[1].source == source:
                found.add(decoded[1].id)
    return found
