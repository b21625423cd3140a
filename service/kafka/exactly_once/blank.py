"""A changelog record that says nothing, to be written for the time that Kafka gives to it."""

from itertools import count

from aiokafka import TopicPartition

from service.kafka.codec.partitioner import Partitioner
from service.kafka.exactly_once.transaction import Outgoing
from service.sla.state import key as key_of


def blank(changelog: TopicPartition, partitions: int, partitioner: Partitioner) -> Outgoing:
    """The tombstone of a ticket that cannot be: no tenant is without a name.

    Whoever reads the changelog, of whatever version, forgets what it never knew; and it lies where such a
    ticket would belong, so that nobody takes the changelog for another's. Compaction keeps one of it.
    """
    place = changelog.partition
    ticket = next(name for name in map(str, count()) if partitioner(name.encode(), partitions) == place)
    return Outgoing(changelog, key_of("", ticket).encode(), None)
