"""Makes the outgoing records besides state: announcements, and rejected records for the dead-letter topic."""

from collections.abc import Mapping

from aiokafka import TopicPartition

from service.events.rejection import Rejection
from service.kafka.codec.record import Record
from service.kafka.codec.records import WITHOUT_CONTENT, encode, reject
from service.kafka.exactly_once.context import OwnerSettings
from service.kafka.exactly_once.transaction import LARGEST_BYTES, Outgoing
from service.sla.announcement import BILLING, Announcement

_LONGEST_KEY_BYTES = 1_000  # of a record without content


class Outputs:
    """Makes the records of one input partition. `counts`: partitions by topic."""

    def __init__(self, terms: OwnerSettings, counts: Mapping[str, int], source: TopicPartition) -> None:
        self._terms = terms
        self._counts = counts
        self._source = source
        # A topic with as many partitions as the input has each key in the same partition as the input.
        self._beside = {
            topic: TopicPartition(topic, source.partition)
            for topic in (terms.topics.breaches, terms.topics.clocks)
            if counts[topic] == counts[source.topic]
        }

    def announce(self, announcement: Announcement) -> Outgoing:
        """The record of an announcement: for billing or operations, in the partition of the ticket's key."""
        topics = self._terms.topics
        topic = topics.breaches if announcement.type in BILLING else topics.clocks
        key, value, headers = encode(announcement)
        target = self._beside.get(topic)
        if target is None:
            target = TopicPartition(topic, self._terms.partitioner(key, self._counts[topic]))
        return Outgoing(target, key, value, headers)

    def reject(self, record: Record, rejection: Rejection) -> Outgoing:
        """The dead-letter record: the record as it came and the reason; without its content if too large."""
        topic = self._terms.topics.rejected
        target = TopicPartition(topic, record.partition % self._counts[topic])
        key, value, headers = reject(record, rejection)
        whole = Outgoing(target, key, value, headers)
        if not record.cut and whole.size <= self._terms.largest.get(topic, LARGEST_BYTES):
            return whole
        ours = headers[len(record.headers) :]  # by position: a sender may have used our header names
        size = (WITHOUT_CONTENT, str(record.size).encode())
        return Outgoing(target, key if len(key or b"") <= _LONGEST_KEY_BYTES else None, None, [*ours, size])
