"""What the service told, for whoever wants to read it again."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from service.kafka.record import Record
from service.kafka.scan import scan, spans_of
from service.settings import Refusal

Data = Mapping[str, Any]  # as schemas.sla says


async def announced(connection: Mapping[str, Any], topic: str) -> AsyncIterator[tuple[str, Data]]:
    """Type and data of every committed event out that the topic still has.

    Raises Refusal, also when somebody else has written to the topic.
    """
    for partition, span in (await spans_of(connection, topic)).items():
        async for record in scan(connection, topic, partition, span):
            yield event_out(record)


def event_out(record: Record) -> tuple[str, Data]:
    """Type and data of one. Raises Refusal: it is none."""
    type_ = dict(record.headers).get("ce_type") or b""
    try:
        data = msgspec.json.decode(record.value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        data = None
    if not type_.startswith(b"sla.") or not isinstance(data, dict):
        raise Refusal(
            f"topic {record.topic}, partition {record.partition}, offset {record.offset}: "
            "not written by this service"
        )
    return type_.decode(errors="replace"), data
