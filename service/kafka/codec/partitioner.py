"""Partitioners: which partition a key belongs to. All producers of a topic have to use the same one."""

import struct
import zlib
from collections.abc import Callable, Mapping

Partitioner = Callable[[bytes, int], int]  # key, how many partitions there are → partition


_M, _32_BITS = 0x5BD1_E995, 0xFFFF_FFFF
_words = struct.Struct("<I").iter_unpack


def murmur2(key: bytes, partitions: int) -> int:
    """The default partitioner of the Java client and aiokafka; librdkafka's `murmur2_random`.

    aiokafka's own function works byte by byte and takes twice as long.
    """
    rest = len(key) % 4
    mixed = 0x9747_B28C ^ len(key)
    for (word,) in _words(key[: len(key) - rest]):
        part = word * _M & _32_BITS
        mixed = (mixed * _M ^ (part ^ part >> 24) * _M) & _32_BITS
    if rest:
        mixed = (mixed ^ int.from_bytes(key[-rest:], "little")) * _M & _32_BITS
    mixed = (mixed ^ mixed >> 13) * _M & _32_BITS
    return ((mixed ^ mixed >> 15) & 0x7FFF_FFFF) % partitions


def crc32(key: bytes, partitions: int) -> int:
    """The default partitioner of librdkafka: `consistent` and `consistent_random`."""
    return zlib.crc32(key) % partitions


PARTITIONERS: Mapping[str, Partitioner] = {"murmur2": murmur2, "crc32": crc32}
