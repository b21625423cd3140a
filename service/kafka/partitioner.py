"""Which partition a key belongs to. Everybody who writes to a topic has to agree."""

import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache

from aiokafka.partitioner import murmur2 as murmur2_hash

Partitioner = Callable[[bytes, int], int]  # key, how many partitions there are → partition


@lru_cache(maxsize=65_536)  # the hash costs as much as the rest of decoding, and a ticket has several events
def _murmur2(key: bytes) -> int:
    return int(murmur2_hash(key)) & 0x7FFF_FFFF


def murmur2(key: bytes, partitions: int) -> int:
    """As the Java client and aiokafka do by default, and librdkafka with `murmur2_random`."""
    return _murmur2(key) % partitions


def crc32(key: bytes, partitions: int) -> int:
    """As librdkafka does by default, with `consistent` and `consistent_random`."""
    return zlib.crc32(key) % partitions


PARTITIONERS: Mapping[str, Partitioner] = {"murmur2": murmur2, "crc32": crc32}
