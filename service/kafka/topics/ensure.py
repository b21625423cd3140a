"""Creates the missing topics on a broker, and describes the existing ones."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from schemas.topics import CLOCKS, LIFECYCLE, TOPICS, Topic
from service.errors import RefusalError
from service.kafka.client.admin import Admin, administering
from service.kafka.client.patience import patiently

LEARNT_WITHIN_SECONDS = 5.0  # for every broker to learn of a new topic
_BROKER_TIMEOUT = "request.timeout.ms"
_LIMITS = ("max.message.bytes", "segment.bytes")
LOOK_SECONDS = 0.1  # between two checks for a new topic


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as it exists on the broker."""

    partitions: int
    config: Mapping[str, str]
    replicas: int  # of the partition with the fewest
    brokers: int  # of the cluster that are up
    broker_timeout: int | None = None  # ms: the brokers' longest request.timeout.ms; None: not shown to us

    @property
    def limits(self) -> dict[str, int]:
        """Bytes that a batch of records may have, by setting; a segment has to hold the batch, too."""
        return {name: int(self.config[name]) for name in _LIMITS if name in self.config}

    @property
    def largest(self) -> int:
        """Bytes that a batch of records may have, by all settings."""
        return min(self.limits.values())

    @property
    def min_insync(self) -> int:
        """Replicas that must have a record before it counts as written."""
        return int(self.config.get("min.insync.replicas", 1))


async def ensure(
    connection: Mapping[str, object], prefix: str, partitions: int | None = None, retention: int = 0
) -> list[str]:
    """Create the missing topics and return their names.

    `partitions`: for the input, and topics partitioned like it. `retention` (ms): records that a ticket is
    remembered by are kept at least as long. An existing topic is left as it is: see
    check.py. Raises RefusalError when Kafka rejects a topic.
    """
    created: dict[str, None] = {}  # also by an attempt without an answer

    async def create() -> None:
        async with administering(connection) as admin:
            await _create(admin, prefix, partitions, retention, created)

    await patiently(connection, create)
    return list(created)


async def _create(
    admin: Admin, prefix: str, partitions: int | None, retention: int, created: dict[str, None]
) -> None:
    """Create the missing topics; their names go into `created` before the request is sent."""
    found = await _describe(admin, prefix)
    missing = [topic for topic in TOPICS if topic.name not in found]
    counts = {topic.name: _count(topic, found, partitions) for topic in missing}
    # Replication -1: the broker's default; without the empty assignment the library rejects it.
    new = [
        NewTopic(topic.named(prefix), counts[topic.name], -1, {}, _config(topic, retention))
        for topic in missing
    ]
    created |= dict.fromkeys(topic.name for topic in new)
    answer = await admin.create_topics(new) if new else None
    for name, code, *message in answer.topic_errors if answer else ():
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another process may have created it meanwhile
            raise RefusalError(
                f"topic {name}: Kafka does not create it: {(message or [None])[0] or error.__name__}"
            )


def _config(topic: Topic, retention: int) -> dict[str, str]:
    config = dict(topic.config)
    if topic in (LIFECYCLE, CLOCKS):
        config["retention.ms"] = str(max(int(config["retention.ms"]), retention))
    return config


async def find(
    connection: Mapping[str, object], prefix: str, created: Collection[str] = ()
) -> dict[str, FoundTopic]:
    """Describe our existing topics, by name without prefix. Raises RefusalError when Kafka does not answer.

    Waits up to `LEARNT_WITHIN_SECONDS` for topics just `created`: brokers learn of them one by one.
    """

    async def ask() -> dict[str, FoundTopic]:
        async with administering(connection) as admin:
            until = asyncio.get_running_loop().time() + LEARNT_WITHIN_SECONDS
            while True:
                found = await _describe(admin, prefix)
                known = {f"{prefix}{name}" for name in found}
                if known.issuperset(created) or asyncio.get_running_loop().time() > until:
                    return found
                await asyncio.sleep(LOOK_SECONDS)

    return await patiently(connection, ask)


def _count(topic: Topic, found: Mapping[str, FoundTopic], partitions: int | None) -> int:
    leader = topic.partitioned_like or topic.name
    if leader in found:
        return found[leader].partitions
    return partitions if partitions and leader == LIFECYCLE.name else topic.partitions


async def _describe(admin: Admin, prefix: str) -> dict[str, FoundTopic]:
    # List all topics: a request for a topic by name may create it (auto.create.topics.enable).
    ours = {topic.named(prefix): topic.name for topic in TOPICS}
    listed = {
        entry["topic"]: [len(partition["replicas"]) for partition in entry["partitions"]]
        for entry in await admin.describe_topics()
        if entry["topic"] in ours
    }
    if not listed:
        return {}
    brokers = [broker["node_id"] for broker in (await admin.describe_cluster())["brokers"]]
    timeouts = await asyncio.gather(*(_timeout(admin, broker) for broker in brokers))
    longest = max((timeout for timeout in timeouts if timeout is not None), default=None)
    configs = await _configs(admin, list(listed))
    return {
        ours[name]: FoundTopic(len(replicas), configs[name], min(replicas, default=0), len(brokers), longest)
        for name, replicas in listed.items()
        if name in configs
    }


async def _timeout(admin: Admin, broker: int) -> int | None:
    """A broker's request.timeout.ms; None when it does not show it: it hangs, or we may not read it."""
    asked = ConfigResource(ConfigResourceType.BROKER, str(broker), {_BROKER_TIMEOUT: ""})
    try:
        answers = await admin.describe_configs([asked])
    except (KafkaError, OSError):
        return None
    shown = [entry for answer in answers for resource in answer.resources for entry in resource[4]]
    return next((int(entry[1]) for entry in shown if entry[0] == _BROKER_TIMEOUT), None)


async def _configs(admin: Admin, names: Sequence[str]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = await admin.describe_configs(asked) if asked else []
    configs: dict[str, dict[str, str]] = {}
    for answer in answers:
        for code, message, _, name, entries in answer.resources:
            if for_code(code) is UnknownTopicOrPartitionError:  # this broker does not know the topic yet
                continue
            if code:
                raise RefusalError(
                    f"topic {name}: its configuration is not shown: {message or for_code(code).__name__}"
                )
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs
