"""Makes consumers return `Record`; the library's dataclass of eleven fields takes four times as long to make.

Like transactional_producer.py, this file works with one version of the library only.
"""

from typing import Any

import msgspec
from aiokafka import TopicPartition

from service.kafka.codec.record import Headers, Record, size_of


def light_record(source: TopicPartition, read: Any) -> Record:
    """Make a `Record` from `read`: the library's record, which lacks topic and partition, or a `Cut`."""
    topic, partition = source
    key, value, headers = read.key, read.value, tuple(read.headers)
    if type(read) is Cut:
        return Record(topic, partition, read.offset, read.timestamp, key, value, headers, read.size, cut=True)
    size = size_of(key, value, headers)
    return Record(topic, partition, read.offset, read.timestamp, key, value, headers, size)


class Cut(msgspec.Struct, frozen=True, gc=False):
    """A record of which only place and size were read, with the field names of the library."""

    offset: int
    timestamp: int
    size: int
    key: None = None
    value: None = None
    headers: Headers = ()
