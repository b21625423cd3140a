"""What Kafka knows of our group: who is in it, and how far it has come."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service.kafka.scan import spans_of
from service.kafka.topics import PATIENCE, unreachable


async def members(connection: Mapping[str, Any], group: str) -> int:
    """How many processes are in the group. Raises Refusal."""
    admin = AIOKafkaAdminClient(**connection, request_timeout_ms=int(PATIENCE * 1000))
    try:
        async with asyncio.timeout(PATIENCE):
            await admin.start()
            (answer,) = await admin.describe_consumer_groups([group])
            (found,) = answer.to_object()["groups"]
    except (KafkaError, OSError) as error:
        raise unreachable(connection, error) from None
    finally:
        await admin.close()
    return len(found["members"])


async def unread(connection: Mapping[str, Any], group: str, topic: str) -> int:
    """Offsets of the topic that the group has not passed yet. Raises Refusal."""
    spans = await spans_of(connection, topic)
    admin = AIOKafkaAdminClient(**connection, request_timeout_ms=int(PATIENCE * 1000))
    try:
        async with asyncio.timeout(PATIENCE):
            await admin.start()
            passed = await admin.list_consumer_group_offsets(group)
    except (KafkaError, OSError) as error:
        raise unreachable(connection, error) from None
    finally:
        await admin.close()
    offsets = {source.partition: found.offset for source, found in passed.items() if source.topic == topic}
    return sum(end - max(begin, offsets.get(number, begin)) for number, (begin, end) in spans.items())
