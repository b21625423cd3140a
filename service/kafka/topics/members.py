"""The members of our group and its committed offsets, as Kafka has them."""

from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import for_code

from service.kafka.client.admin import administering
from service.kafka.client.patience import patiently
from service.kafka.topics.scan import spans_of

_UUID = 36  # characters


async def members(connection: Mapping[str, Any], group: str) -> list[str]:
    """The ids that Kafka gave the processes of the group. Raises RefusalError."""

    async def ask() -> list[str]:
        async with administering(connection) as admin:
            (answer,) = await admin.describe_consumer_groups([group])
            (found,) = answer.to_object()["groups"]
            if found["error_code"]:  # then the answer has no members either
                raise for_code(found["error_code"])(f"group {group}")
            return [member["member_id"] for member in found["members"]]

    return await patiently(connection, ask)


def is_instance(member: str, instance: str) -> bool:
    """True when the member id belongs to a process with that SLA_INSTANCE: the name and a UUID."""
    return instance_of(member) == instance


def instance_of(member: str) -> str:
    """The first part of a member id: the process's SLA_INSTANCE, or its client's name without one."""
    return member[: -_UUID - 1]


async def unread(connection: Mapping[str, Any], group: str, topic: str) -> int:
    """The number of offsets of the topic that the group has not committed yet. Raises RefusalError."""
    spans = await spans_of(connection, topic)

    async def ask() -> Any:
        async with administering(connection) as admin:
            return await admin.list_consumer_group_offsets(group)

    passed = await patiently(connection, ask)
    offsets = {source.partition: found.offset for source, found in passed.items() if source.topic == topic}
    return sum(end - max(begin, offsets.get(number, begin)) for number, (begin, end) in spans.items())


async def offset_of(connection: Mapping[str, Any], group: str, source: TopicPartition) -> int | None:
    """The group's committed offset of one partition; None: it has none. Raises RefusalError."""

    async def ask() -> Any:
        async with administering(connection) as admin:
            return await admin.list_consumer_group_offsets(group, partitions=[source])

    found = (await patiently(connection, ask)).get(source)
    return None if found is None or found.offset < 0 else int(found.offset)
