"""What the service told, for whoever wants to read it again."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from service.kafka.scan import scan, spans_of

Data = Mapping[str, Any]  # as schemas.sla says


async def announced(connection: Mapping[str, Any], topic: str) -> AsyncIterator[tuple[str, Data]]:
    """Type and data of every committed event out that the topic still has. Raises Refusal."""
    for partition, span in (await spans_of(connection, topic)).items():
        async for record in scan(connection, topic, partition, span):
            type_ = dict(record.headers)["ce_type"].decode()
            yield type_, msgspec.json.decode(record.value)
