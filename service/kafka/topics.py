"""The topics on a broker against `schemas.topics`: creates what is missing, tells what is wrong."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from schemas.topics import DESKS, LIFECYCLE, REJECTED, TICKETS, TOPICS, Topic
from service.kafka.anyone import Admin
from service.kafka.greeting import turned_away
from service.settings import Refusal

STATES = (TICKETS, DESKS)  # as many partitions as their input, or an owner would miss some of it
PATIENCE = 15.0  # seconds for Kafka to answer before a command says that it does not
LEARNT_WITHIN = 5.0  # seconds until every broker knows a topic that one of them created
LOOK = 0.1  # seconds between two looks for it


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as the broker has it."""

    partitions: int
    config: Mapping[str, str]

    @property
    def largest(self) -> int:
        """Bytes that a batch of records may have."""
        return int(self.config["max.message.bytes"])


async def ensure(connection: Mapping[str, object], prefix: str, partitions: int | None = None) -> list[str]:
    """Creates the missing topics and gives their names; `partitions` is for the input and its like.

    A topic that exists is left as it is: `check` tells whether it will do. Raises Refusal when Kafka says no.
    """
    async with _admin(connection) as admin:
        found = await _describe(admin, prefix)
        missing = [topic for topic in TOPICS if topic.name not in found]
        counts = {topic.name: _count(topic, found, partitions) for topic in missing}
        # Replication -1: the broker's default; without the empty assignment the library refuses it.
        new = [
            NewTopic(topic.named(prefix), counts[topic.name], -1, {}, dict(topic.config)) for topic in missing
        ]
        answer = await admin.create_topics(new) if new else None
        for name, code, *message in answer.topic_errors if answer else ():
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:  # somebody was faster: as good as created
                raise Refusal(
                    f"topic {name}: Kafka does not create it: {(message or [None])[0] or error.__name__}"
                )
    return [topic.named(prefix) for topic in missing]


async def find(
    connection: Mapping[str, object], prefix: str, created: Collection[str] = ()
) -> dict[str, Found]:
    """Those of our topics that exist, by name without prefix. Raises Refusal when Kafka does not answer.

    Waits for a while for those just `created`: brokers learn of a new topic one after the other.
    """
    async with _admin(connection) as admin:
        until = asyncio.get_running_loop().time() + LEARNT_WITHIN
        while True:
            found = await _describe(admin, prefix)
            known = {f"{prefix}{name}" for name in found}
            if known.issuperset(created) or asyncio.get_running_loop().time() > until:
                return found
            await asyncio.sleep(LOOK)


def check(found: Mapping[str, Found], prefix: str = "") -> list[str]:
    """What is wrong, one line each that says what to do. Missing topics come first."""
    missing = [
        f"topic {topic.named(prefix)}: missing; create it with: sla-timer topics ensure"
        for topic in TOPICS
        if topic.name not in found
    ]
    there = [topic for topic in TOPICS if topic.name in found]
    return missing + [line for topic in there for line in _wrong(topic, found, prefix)]


def _wrong(topic: Topic, found: Mapping[str, Found], prefix: str) -> list[str]:
    name, here, wrong = topic.named(prefix), found[topic.name], []
    wanted, policy = topic.config["cleanup.policy"], here.config.get("cleanup.policy", "delete")
    if policy != wanted:
        loss = "forgets the oldest" if "delete" in policy else "keeps only the last record of a ticket"
        wrong.append(
            f"topic {name}: cleanup.policy={policy} {loss}; set it to {wanted} (kafka-configs --alter)"
        )
    like = topic.partitioned_like or ""
    if topic in STATES and like in found and found[like].partitions != here.partitions:
        wrong.append(
            f"topic {name}: {here.partitions} partitions, but {prefix}{like} has {found[like].partitions}; "
            f"they must be equal: create it anew; what it holds moves with sla-timer state export and import"
        )
    if topic is REJECTED and LIFECYCLE.name in found and here.largest <= found[LIFECYCLE.name].largest:
        wrong.append(
            f"topic {name}: max.message.bytes={here.largest} is no more than {prefix}{LIFECYCLE.name} takes; "
            f"a rejected record grows by its reason: set it to {topic.config['max.message.bytes']}"
        )
    return wrong


def _count(topic: Topic, found: Mapping[str, Found], partitions: int | None) -> int:
    leader = topic.partitioned_like or topic.name
    if leader in found:
        return found[leader].partitions
    return partitions if partitions and leader == LIFECYCLE.name else topic.partitions


async def _describe(admin: Admin, prefix: str) -> dict[str, Found]:
    # All topics are listed, not ours by name: asking for a name may create it (auto.create.topics.enable).
    ours = {topic.named(prefix): topic.name for topic in TOPICS}
    listed = {
        entry["topic"]: len(entry["partitions"])
        for entry in await admin.describe_topics()
        if entry["topic"] in ours
    }
    configs = await _configs(admin, list(listed))
    return {
        ours[name]: Found(partitions, configs[name]) for name, partitions in listed.items() if name in configs
    }


async def _configs(admin: Admin, names: Sequence[str]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answers = await admin.describe_configs(asked) if asked else []
    configs: dict[str, dict[str, str]] = {}
    for answer in answers:
        for code, message, _, name, entries in answer.resources:
            if for_code(code) is UnknownTopicOrPartitionError:  # this broker has not heard of it yet
                continue
            if code:
                raise Refusal(
                    f"topic {name}: its configuration is not shown: {message or for_code(code).__name__}"
                )
            configs[name] = {entry[0]: entry[1] for entry in entries}
    return configs


@asynccontextmanager
async def _admin(connection: Mapping[str, object]) -> AsyncIterator[Admin]:
    admin = Admin(**connection, request_timeout_ms=int(PATIENCE * 1000))
    try:
        async with asyncio.timeout(PATIENCE):
            await admin.start()
            yield admin
    except (KafkaError, OSError) as error:  # TimeoutError is an OSError
        raise await turned_away(connection) or unreachable(connection, error) from None
    finally:
        await admin.close()


def unreachable(connection: Mapping[str, object], error: Exception) -> Refusal:
    """What to say when Kafka does not do what a command needs of it."""
    servers = ",".join(map(str, cast("list[str]", connection["bootstrap_servers"])))
    return Refusal(f"KAFKA_BOOTSTRAP_SERVERS: {servers}: {str(error) or 'no answer'}")
