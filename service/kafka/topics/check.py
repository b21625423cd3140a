"""Checks the topics on a broker.

Some settings cannot work: the service does not start. Some keep records for too short a time, or date them
by their producers: `topics check` refuses them, and the service starts with a warning, because nothing false
comes of it. Some may lose data once a broker fails: they are warnings everywhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from schemas.topics import (
    BREACHES,
    CHANNELS,
    CLOCKS,
    DESKS,
    FOR_EVER,
    LIFECYCLE,
    POLICIES,
    REJECTED,
    TICKETS,
    TOPICS,
    UNDELIVERABLE,
    Topic,
)
from service.kafka.topics.ensure import FoundTopic

STATES = (TICKETS, DESKS)  # must have as many partitions as their input, or owners would miss state
_EVIDENCE = "does not hold an announcement with all facts of a ticket as evidence, which may take"
# What one record of the topic has to hold.
HOLDS = {
    TICKETS.name: "does not hold the state of a full ticket, which may take",
    DESKS.name: "does not hold the state of a full desk, which may take",
    BREACHES.name: _EVIDENCE,
    CLOCKS.name: _EVIDENCE,
}
BODY_BYTES = 1024 * 1024  # of a webhook, by default
ENVELOPE_BYTES = 128 * 1024  # key and headers of a dead letter at most; HTTP allows 64 KiB of headers
LOG_APPEND_TIME = "LogAppendTime"
MANY_BROKERS = 3  # with so many brokers or more, a topic can have several replicas
LONGEST_TIMEOUT_MS = 10_000  # of a broker's requests to others, see _slow_brokers


def check(found: Mapping[str, FoundTopic], prefix: str = "", topics: Iterable[Topic] = TOPICS) -> list[str]:
    """The topics and settings that cannot work: one line each, with the remedy; missing topics first.

    `topics`: those that the process needs.
    """
    needed = tuple(topics)
    missing = [
        f"topic {topic.named(prefix)}: missing; create it with: sla-timer topics ensure"
        for topic in needed
        if topic.name not in found
    ]
    there = [topic for topic in needed if topic.name in found]
    return missing + [line for topic in there for line in _wrong(topic, found, prefix)]


def warnings(
    found: Mapping[str, FoundTopic], prefix: str = "", topics: Iterable[Topic] = TOPICS
) -> list[str]:
    """The faults that may lose data or time once a broker fails, one line each with the topics concerned."""
    there = [topic for topic in topics if topic.name in found]
    return [
        *_slow_brokers(found),
        *(
            f"{fault.what}: {', '.join(names)}: {fault.loss}"
            for fault in _FAULTS
            if (names := [topic.named(prefix) for topic in there if fault.holds(found[topic.name])])
        ),
    ]


def shortcomings(found: Mapping[str, FoundTopic], retention: int, prefix: str = "") -> dict[str, list[str]]:
    """By topic: what is not as promised though the service can run with it, one line each with the remedy.

    `retention` (ms): how long a finished ticket is remembered.
    """
    lines = {
        topic.name: list(_short(topic, topic.named(prefix), found[topic.name], retention))
        for topic in TOPICS
        if topic.name in found
    }
    return {name: short for name, short in lines.items() if short}


def _short(topic: Topic, name: str, here: FoundTopic, retention: int) -> Iterator[str]:
    kept = int(here.config.get("retention.ms", FOR_EVER))
    size = int(here.config.get("retention.bytes", FOR_EVER))
    if topic in (BREACHES, LIFECYCLE, CLOCKS) and size != FOR_EVER:
        yield f"topic {name}: retention.bytes={size} deletes by size; {_set(name, 'retention.bytes', -1)}"
    if topic is BREACHES and kept != FOR_EVER:
        yield (
            f"topic {name}: retention.ms={kept} deletes what was charged and retracted; "
            f"{_set(name, 'retention.ms', FOR_EVER)}"
        )
    if topic in (LIFECYCLE, CLOCKS) and FOR_EVER < kept < retention:
        yield (
            f"topic {name}: retention.ms={kept} is shorter than SLA_RETENTION ({retention} ms): evidence "
            f"ends before the ticket is forgotten; {_set(name, 'retention.ms', retention)}"
        )
    dated_by = here.config.get("message.timestamp.type", LOG_APPEND_TIME)
    if topic in (LIFECYCLE, CHANNELS) and dated_by != LOG_APPEND_TIME:
        yield (
            f"topic {name}: message.timestamp.type={dated_by}: evidence names the producer's time and not "
            f"the log's; {_set(name, 'message.timestamp.type', LOG_APPEND_TIME)}"
        )


def unchecked(found: Mapping[str, FoundTopic]) -> list[str]:
    """What could not be checked, one line each."""
    if not any(here.brokers >= MANY_BROKERS and here.broker_timeout is None for here in found.values()):
        return []
    return ["request.timeout.ms of the brokers: not shown; it takes DescribeConfigs on the cluster"]


def _slow_brokers(found: Mapping[str, FoundTopic]) -> Iterator[str]:
    """The warning when a transaction can wait too long for a broker that hangs.

    A coordinator sends the end of a transaction to each broker that leads one of its partitions. If one of
    them hangs, the coordinator waits for it this long, also when others lead in its place by then. Until it
    has the answer, the transaction's producer and the committed readers of its partitions wait.
    """
    timeouts = [here.broker_timeout for here in found.values() if here.brokers >= MANY_BROKERS]
    longest = max((timeout for timeout in timeouts if timeout is not None), default=0)
    if longest > LONGEST_TIMEOUT_MS:
        yield (
            f"request.timeout.ms={longest} on the brokers: when one hangs, partitions whose transactions it "
            f"takes part in stand still that long; set it to 5000 in the brokers' properties"
        )


def other_partitions(found: Mapping[str, FoundTopic], prefix: str, asked: int) -> list[str]:
    """The warning when the input does not have `asked` partitions; empty when it does, or is missing."""
    if LIFECYCLE.name not in found or (here := found[LIFECYCLE.name].partitions) == asked:
        return []
    name, moves = LIFECYCLE.named(prefix), "sla-timer state export, new topics, state import"
    return [f"topic {name}: has {here} partitions, not {asked}; its keys would move: to change it, {moves}"]


def _wrong(topic: Topic, found: Mapping[str, FoundTopic], prefix: str) -> Iterator[str]:
    name, here = topic.named(prefix), found[topic.name]
    wanted, policy = topic.config["cleanup.policy"], here.config.get("cleanup.policy", "delete")
    if policy != wanted:
        loss = "forgets the oldest" if wanted == "compact" else "keeps only the last record of a key"
        does = loss if policy else "keeps everything for ever"  # Kafka 4 accepts an empty policy
        yield f"topic {name}: cleanup.policy={policy} {does}; {_set(name, 'cleanup.policy', wanted)}"
    like = topic.partitioned_like or ""
    if topic in STATES and like in found and found[like].partitions != here.partitions:
        yield (
            f"topic {name}: {here.partitions} partitions, but {prefix}{like} has {found[like].partitions}; "
            f"they must be equal: create it anew; what it holds moves with sla-timer state export and import"
        )
    if topic is POLICIES and here.partitions != POLICIES.partitions:
        yield (
            f"topic {name}: {here.partitions} partitions; it must have one, so that versions have one order: "
            f"create it anew, the service publishes its policies again"
        )
    if topic.name in HOLDS:
        needed = int(topic.config["max.message.bytes"])
        yield from (
            f"topic {name}: {limit}={size} {HOLDS[topic.name]} {needed}; {_set(name, limit, needed)}"
            for limit, size in here.limits.items()
            if size < needed
        )
    if topic is UNDELIVERABLE:
        yield from too_small_for_bodies(here, name, BODY_BYTES)
    if topic is REJECTED:
        yield from _too_small_for_rejected(found, prefix)
    if here.min_insync > (most := here.replicas):
        yield (
            f"topic {name}: min.insync.replicas={here.min_insync} of {most} replicas: nobody can write with "
            f"acks=all; {_set(name, 'min.insync.replicas', most)}, or add replicas"
        )


def _too_small_for_rejected(found: Mapping[str, FoundTopic], prefix: str) -> Iterator[str]:
    """The lines for a dead-letter topic that takes no larger records than the inputs.

    A rejected record comes from either input, and grows by its reason.
    """
    name, limits = REJECTED.named(prefix), found[REJECTED.name].limits
    inputs = [
        (found[one.name].largest, one.named(prefix)) for one in (LIFECYCLE, CHANNELS) if one.name in found
    ]
    taken, source = max(inputs, default=(0, ""))
    roomy = max(int(REJECTED.config["max.message.bytes"]), 2 * taken)
    yield from (
        f"topic {name}: {limit}={size} is no more than {source} takes ({taken}); a rejected record grows by "
        f"its reason; {_set(name, limit, roomy)}"
        for limit, size in limits.items()
        if size <= taken
    )


def too_small_for_bodies(here: FoundTopic, name: str, body: int) -> Iterator[str]:
    """The lines for a topic of dead letters that does not take a body of `body` bytes with its headers."""
    yield from (
        f"topic {name}: {limit}={size} does not hold a webhook of {body} bytes with its headers; "
        f"{_set(name, limit, body + ENVELOPE_BYTES)}"
        for limit, size in here.limits.items()
        if size < body + ENVELOPE_BYTES
    )


def _set(topic: str, name: str, value: object) -> str:
    return f"set it: kafka-configs --alter --topic {topic} --add-config {name}={value}"


class _Fault(NamedTuple):
    what: str
    loss: str
    holds: Callable[[FoundTopic], bool]


_FAULTS = (
    _Fault(
        "one replica on a cluster of several brokers",
        "what is on a lost disk is lost, and nobody can write while that broker is away; "
        "give each three (kafka-reassign-partitions)",
        lambda found: found.brokers >= MANY_BROKERS and found.replicas == 1,
    ),
    _Fault(
        "min.insync.replicas=1 on a cluster of several brokers",
        "Kafka acknowledges what a single broker has; with its disk a breach is lost; set it to 2",
        lambda found: found.brokers >= MANY_BROKERS and found.replicas > 1 and found.min_insync == 1,
    ),
    _Fault(
        "unclean.leader.election.enable=true",
        "a broker without all that was acknowledged may come to lead, and the rest is lost; set it to false",
        lambda found: found.replicas > 1 and found.config.get("unclean.leader.election.enable") == "true",
    ),
)
