"""A record as every consumer of this process gives it: what the log holds, without what nobody asks for.

The library makes a dataclass of eleven fields of each, which takes four times as long. Like producer.py this
file knows one version of it only.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher

Headers = Sequence[tuple[str, bytes | None]]

MOST_HEADERS = 10_000  # of a record that is read: each costs as much as a short event
_HEADER = (
    32  # bytes of memory, about as many instructions: a name of one letter costs as much as a short text
)


class Record(msgspec.Struct, frozen=True, gc=False):
    """What one place of a partition's log holds."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms, as its producer or its broker says; any number
    key: bytes | None
    value: bytes | None
    headers: Headers
    size: int  # bytes of key, value, names and values of headers
    cut: bool = False  # it has more of them than anybody reads: key, value and headers are left out

    @property
    def weight(self) -> int:
        """What it costs to look at, in bytes of a value."""
        return self.size + _HEADER * len(self.headers)


def size_of(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Bytes of a record."""
    size = len(key or b"") + len(value or b"")
    for name, said in headers:
        size += (len(name) if name.isascii() else len(name.encode())) + len(said or b"")
    return size


def give_light_records() -> None:
    """Make every consumer of this process give them."""
    fetcher.PartitionRecords._consumer_record = _light  # noqa: SLF001


def _light(_: object, source: TopicPartition, read: Any) -> Record:
    """`read`: the library's record, which does not know where it was read, or one that was cut."""
    topic, partition = source
    key, value, headers = read.key, read.value, tuple(read.headers)
    if type(read) is Cut:
        return Record(topic, partition, read.offset, read.timestamp, key, value, headers, read.size, cut=True)
    size = size_of(key, value, headers)
    return Record(topic, partition, read.offset, read.timestamp, key, value, headers, size)


class Cut(msgspec.Struct, frozen=True, gc=False):
    """A record of which only place and size were read, in the library's terms."""

    offset: int
    timestamp: int
    size: int
    key: None = None
    value: None = None
    headers: Headers = ()
