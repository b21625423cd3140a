"""A changelog record without content, written only to learn the time stamp that Kafka gives it."""

from itertools import count

from aiokafka import TopicPartition

from service.kafka.codec.partitioner import Partitioner
from service.kafka.exactly_once.transaction import Outgoing
from service.sla.state import key as key_of


def blank(changelog: TopicPartition, partitions: int, partitioner: Partitioner) -> Outgoing:
    """The tombstone of a ticket that cannot exist: its tenant has an empty name.

    Every version of this software ignores it on a restore, because it knows no such ticket. The ticket id
    belongs to this partition, so that the placement check passes. Compaction keeps only one such record.
    """
    place = changelog.partition
    ticket = next(name for name in map(str, count()) if partitioner(name.encode(), partitions) == place)
    return Outgoing(changelog, key_of("", ticket).encode(), None)
