"""Makes all records that an owner writes: announcements, state, and rejected records."""

from collections.abc import Mapping
from itertools import count

from aiokafka import TopicPartition

from service.events.rejection import Rejection
from service.kafka.codec.record import Record
from service.kafka.codec.records import WITHOUT_CONTENT, encode, progress, reject, source_of
from service.kafka.codec.traceparent import traceparent_of
from service.kafka.exactly_once.context import OwnerSettings
from service.kafka.exactly_once.transaction import LARGEST_BYTES, Outgoing
from service.sla.announcement import BILLING, Announcement
from service.sla.state import key as key_of

_LONGEST_KEY_BYTES = 1_000  # of a record without content


class Outputs:
    """Makes the records of one input partition."""

    def __init__(
        self,
        terms: OwnerSettings,
        counts: Mapping[str, int],
        source: TopicPartition,
        changelog: TopicPartition,
    ) -> None:
        """`counts`: partitions by topic."""
        self._terms = terms
        self._source = source_of(terms.group)
        self._counts = counts
        self._place = source
        self._changelog = changelog
        self._partitions = counts[source.topic]
        # A topic with as many partitions as the input has each key in the same partition as the input.
        self._beside = {
            topic: TopicPartition(topic, source.partition)
            for topic in (terms.topics.breaches, terms.topics.clocks)
            if counts[topic] == self._partitions
        }

    def announce(self, announcement: Announcement, cause: Record | None = None) -> Outgoing:
        """The record of an announcement: for billing or operations, in the partition of the ticket's key.

        `cause`: the input record that brought it about, if this turn took it.
        """
        topics = self._terms.topics
        topic = topics.breaches if announcement.type in BILLING else topics.clocks
        traceparent = traceparent_of(cause) if cause else None
        key, value, headers = encode(announcement, self._source, traceparent)
        target = self._beside.get(topic)
        if target is None:
            target = TopicPartition(topic, self._terms.partitioner(key, self._counts[topic]))
        return Outgoing(target, key, value, headers)

    def progress(self, until: int) -> list[Outgoing]:
        """The records that tell every partition of breaches: complete until `until` (ms)."""
        value, headers = progress(self._source, self._place, self._partitions, until)
        breaches = self._terms.topics.breaches
        return [
            Outgoing(TopicPartition(breaches, number), None, value, headers)
            for number in range(self._counts[breaches])
        ]

    def state(self, key: str, value: bytes | None) -> Outgoing:
        """The changelog record of a ticket's or desk's state; None: it was forgotten."""
        return Outgoing(self._changelog, key.encode(), value)

    def blank(self) -> Outgoing:
        """A changelog record without content, written only to learn the time stamp that Kafka gives it.

        It is the tombstone of a ticket that cannot exist: its tenant has an empty name. Every version of
        this software ignores it on a restore, because it knows no such ticket. The ticket id belongs to this
        partition, so that the placement check passes. Compaction keeps only one such record.
        """
        place, partitioner = self._changelog.partition, self._terms.partitioner
        ticket = next(
            name for name in map(str, count()) if partitioner(name.encode(), self._partitions) == place
        )
        return self.state(key_of("", ticket), None)

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
