"""Both partitioners against the test vectors of the clients that use them."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from service.kafka.codec.partitioner import PARTITIONERS, crc32, murmur2

LARGE = 0x8000_0000  # more partitions than Kafka has: the whole hash without its sign


@pytest.mark.parametrize(
    ("key", "hash"),  # Apache Kafka, UtilsTest.testMurmur2: signed there
    [
        (b"21", -973_932_308),
        (b"foobar", -790_332_482),
        (b"a-little-bit-long-string", -985_981_536),
        (b"a-little-bit-longer-string", -1_486_304_829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        (b"abc", 479_470_107),
    ],
)
def test_murmur2_is_that_of_the_java_client(key, hash):
    assert murmur2(key, LARGE) == hash & 0x7FFF_FFFF


@given(st.binary(min_size=1), st.integers(min_value=1, max_value=1000))
def test_murmur2_agrees_with_the_default_of_aiokafka(key, partitions):
    assert murmur2(key, partitions) == DefaultPartitioner()(key, list(range(partitions)), [])


@pytest.mark.parametrize(
    ("key", "hash"),
    [
        (b"123456789", 0xCBF4_3926),  # the check value of CRC-32
        (b"", 0),
        (b"The quick brown fox jumps over the lazy dog", 0x414F_A339),
    ],
)
def test_crc32_is_the_usual_one_without_sign(key, hash):
    assert crc32(key, 1 << 32) == hash
    assert crc32(key, 6) == hash % 6


def test_both_are_chosen_by_name():
    assert PARTITIONERS["murmur2"] is murmur2
    assert PARTITIONERS["crc32"] is crc32
