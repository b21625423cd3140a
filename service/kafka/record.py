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


class Record(msgspec.Struct, frozen=True, gc=False):
    """What one place of a partition's log holds."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms, as its producer or its broker says; any number
    key: bytes | None
    value: bytes | None
    headers: Headers


def give_light_records() -> None:
    """Make every consumer of this process give them."""
    fetcher.PartitionRecords._consumer_record = _light  # noqa: SLF001


def _light(_: object, source: TopicPartition, read: Any) -> Record:
    """`read`: the library's record, which does not know where it was read."""
    topic, partition = source
    return Record(topic, partition, read.offset, read.timestamp, read.key, read.value, tuple(read.headers))
