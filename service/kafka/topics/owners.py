"""The owner and the lag of each input partition, as Kafka knows them of the group."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import KafkaError, for_code

from service.kafka.client.admin import Admin, administering
from service.kafka.client.groupless_consumer import ANSWER_WITHIN_SECONDS, REQUEST_TIMEOUT_MS, reading

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 2.0
_UUID = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class GroupMember(NamedTuple):
    """A process of the group."""

    name: str  # its static member id, else the id that Kafka gave it
    host: str


class Seen(NamedTuple):
    """The group at one instant."""

    at: int  # ms, just before the request to Kafka
    state: str  # Kafka's name: Stable, PreparingRebalance, CompletingRebalance, Empty, Dead
    partitions: int  # of the input
    owners: Mapping[int, GroupMember]  # by partition
    lag: Mapping[int, int]  # records of the input that are not processed, by partition


class Owners:
    """Polls the group. `seen`: the last answer; `failure`: why there is no newer answer."""

    def __init__(self, connection: Mapping[str, Any], group: str, topic: str, now: Callable[[], int]) -> None:
        self._connection = connection
        self._group = group
        self._topic = topic
        self._now = now
        self.seen: Seen | None = None
        self.failure: str | None = None

    async def run(self) -> None:
        """Poll until cancelled; retry after errors of Kafka."""
        while True:
            try:
                async with reading(self._connection, committed=True) as reader:
                    await self._watch(reader)
            except (KafkaError, OSError) as error:  # TimeoutError is an OSError
                failure = str(error) or type(error).__name__
                if failure != self.failure:
                    log.warning("group %s: %s", self._group, failure)
                self.failure = failure
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _watch(self, reader: AIOKafkaConsumer) -> None:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                admin = await stack.enter_async_context(administering(self._connection, REQUEST_TIMEOUT_MS))
            while True:
                async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                    self.seen = await self._look(admin, reader)
                self.failure = None
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _look(self, admin: Admin, reader: AIOKafkaConsumer) -> Seen:
        at = self._now()
        cluster = await reader._client.fetch_all_metadata()  # noqa: SLF001 (asking by name may create the topic)
        sources = [
            TopicPartition(self._topic, number)
            for number in sorted(cluster.partitions_for_topic(self._topic) or ())
        ]
        (answer,) = await admin.describe_consumer_groups([self._group])
        (group,) = answer.to_object()["groups"]
        if group["error_code"]:
            raise for_code(group["error_code"])
        passed = await admin.list_consumer_group_offsets(self._group)
        begins, ends = await reader.beginning_offsets(sources), await reader.end_offsets(sources)
        lag = {
            source.partition: ends[source]
            - max(begins[source], passed[source].offset if source in passed else begins[source])
            for source in sources
        }
        return Seen(at, group["state"], len(sources), _owners(group["members"], self._topic), lag)


def _owners(members: list[Mapping[str, Any]], topic: str) -> dict[int, GroupMember]:
    found: dict[int, GroupMember] = {}
    for member in members:
        owner = GroupMember(
            _name(member["member_id"], member["client_id"]), member["client_host"].lstrip("/")
        )
        if member["member_assignment"]:
            assignment = ConsumerProtocolMemberAssignment.decode(member["member_assignment"])
            found |= {source.partition: owner for source in assignment.partitions() if source.topic == topic}
    return found


def _name(member_id: str, client_id: str) -> str:
    """The static member id; without one, the part of Kafka's member id that differs between processes."""
    name = _UUID.sub("", member_id)
    return member_id.removeprefix(f"{client_id}-")[:8] if name == client_id else name
