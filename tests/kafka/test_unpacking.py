"""How a fetch is unpacked: whatever was packed into it, a little at a time, and nothing is missed."""

import asyncio
import struct
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import Assignment
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from service.kafka.client.record_runs import LARGEST_BYTES, PIECE_BYTES
from service.kafka.client.unpacking import AT_ONCE, EFFORT, MOST_AT_ONCE
from service.kafka.codec.record import MOST_HEADERS, Record

SOURCE = TopicPartition("complaints.lifecycle", 3)
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
COMMITTED_ONLY = 1
NOW = 1_772_413_265_000

Written = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]  # key, value, headers


def batch(
    records: Sequence[Written], codec: str = "none", base: int = 0, transactional: bool = False
) -> bytes:
    """A batch as the log holds it, from offset `base` on."""
    builder = DefaultRecordBatchBuilder(2, CODECS[codec], transactional, 7, 0, 0, 1 << 30)
    for number, (key, value, headers) in enumerate(records):
        assert builder.append(number, NOW + number, key, value, headers)
    packed = bytearray(builder.build())
    struct.pack_into(">q", packed, 0, base)
    return bytes(packed)


async def assigned() -> Assignment:
    return Assignment({SOURCE})


class Given:
    """What a fetch of these batches gives, call by call."""

    def __init__(self, *batches: bytes, begin: int = 0, aborted: Sequence[tuple[int, int]] = ()) -> None:
        records = fetcher.MemoryRecords(b"".join(batches))
        unpacked = fetcher.PartitionRecords(
            SOURCE, records, list(aborted), begin, None, None, True, COMMITTED_ONLY
        )
        assignment = asyncio.run(assigned())
        self.state = assignment.state_value(SOURCE)
        self.state.reset_to(begin)
        self.result = fetcher.FetchResult(
            SOURCE, assignment=assignment, partition_records=unpacked, backoff=0
        )

    def __iter__(self) -> Iterator[list[Record]]:
        return self.calls(1_000)

    def calls(self, most: int) -> Iterator[list[Record]]:
        while self.result.has_more():
            yield self.result.getall(most)

    def all(self) -> list[Record]:
        return [record for records in self for record in records]


def bomb(many: int, size: int, codec: str = "zstd") -> bytes:
    return batch([(b"T-1", b"a" * size, [])] * many, codec)


written = st.tuples(
    st.none() | st.binary(max_size=20),
    st.none() | st.binary(max_size=40) | st.integers(0, 3 * PIECE_BYTES).map(bytes),
    st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3),
)


@given(st.lists(st.tuples(st.lists(written, min_size=1, max_size=12), st.sampled_from(sorted(CODECS)))))
def test_all_records_are_given_as_they_were_written_however_they_are_packed(
    batches: list[tuple[list[Written], str]],
) -> None:
    packed, whole = [], []
    for records, codec in batches:
        packed.append(batch(records, codec, base=len(whole)))
        whole += records
    found = Given(*packed).all()
    assert [(record.key, record.value, list(record.headers)) for record in found] == whole
    assert [record.offset for record in found] == list(range(len(whole)))
    assert not any(record.cut for record in found)


@pytest.mark.parametrize("codec", CODECS)
def test_what_is_given_at_once_is_bounded_by_what_it_weighs(codec: str) -> None:
    size = 250_000
    for key, most in ((b"T-%d", AT_ONCE), (b"T", MOST_AT_ONCE)):
        records: list[Written] = [
            (key.replace(b"%d", b"%d" % number), b"a" * size, []) for number in range(100)
        ]
        each = list(Given(batch(records, codec)))
        assert sum(map(len, each)) == 100
        assert max(sum(record.weight for record in given) for given in each) < most + size + 100


RUNS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9)), max_size=12)  # key, and how many in a row


@pytest.mark.parametrize("codec", ["none", "zstd"])
@given(batches=st.lists(RUNS, max_size=4), most=st.integers(1, 40))
def test_records_of_one_key_that_were_packed_together_are_given_together(
    codec: str, batches: list[list[tuple[int, int]]], most: int
) -> None:
    """A call ends where its batch does or the key changes, unless it gave all that it may."""
    packed: list[bytes] = []
    keys: list[bytes] = []
    ends: set[int] = set()
    for runs in batches:
        records: list[Written] = [(b"%d" % key, b"", []) for key, many in runs for _ in range(many)]
        if records:
            packed.append(batch(records, codec, base=len(keys)))
            keys += [key for key, _, _ in records]
            ends.add(len(keys))
    at = 0
    for records_given in Given(*packed).calls(most):
        assert [record.key for record in records_given] == keys[at:][: len(records_given)]
        at += len(records_given)
        assert len(records_given) == most or at in {0, *ends} or keys[at] != keys[at - 1]
        assert 2 * len(records_given) >= most or at == len(keys)
    assert at == len(keys)


@pytest.mark.parametrize(
    ("first", "given_first"), [(9, 11), (10, 10), (11, 11), (19, 19), (20, 20), (21, 20)]
)
def test_from_half_of_what_a_call_may_give_it_ends_where_the_key_changes(
    first: int, given_first: int
) -> None:
    records: list[Written] = [(b"a", b"", [])] * first + [(b"b", b"", [])] * 2 + [(b"c", b"", [])]
    assert len(next(Given(batch(records)).calls(20))) == given_first


def test_records_without_a_key_are_nobody_s_together() -> None:
    calls = Given(batch([(None, b"", [])] * 30)).calls(20)
    assert [len(records) for records in calls if records] == [10, 10, 10]


@pytest.mark.parametrize(("codec", "many"), [("gzip", 40), ("lz4", 40), ("zstd", 400)])
def test_a_batch_is_not_unpacked_before_it_is_asked_for(codec: str, many: int) -> None:
    small = bomb(many, 1_000_000, codec)
    tracemalloc.start()
    try:
        assert sum(len(records) for records in Given(small)) == many
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * 2**20


# Attributes, time, offset, length of the key, the key, length of the value and number of headers come to it.
@pytest.mark.parametrize(
    ("beside", "cut"), [(-20, False), (-3, True), (1, True), (LARGEST_BYTES, True), (40 * PIECE_BYTES, True)]
)
@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_a_record_larger_than_any_that_is_kept_is_cut_and_its_neighbours_are_not(
    codec: str, beside: int, cut: bool
) -> None:
    large = (b"T-1", b"a" * (LARGEST_BYTES + beside), [("h", b"1")])
    before, found, after = Given(batch([(b"1", b"{}", []), large, (b"2", None, [])], codec)).all()
    assert (before.key, after.key) == (b"1", b"2")
    assert (found.offset, found.timestamp, found.cut) == (1, NOW + 1, cut)
    assert found.size >= LARGEST_BYTES + beside
    assert found.value == (None if cut else large[1])


@pytest.mark.parametrize(
    ("many", "cut"), [(MOST_HEADERS - 1, False), (MOST_HEADERS, False), (MOST_HEADERS + 1, True)]
)
@pytest.mark.parametrize("name", ["", "a name"])
def test_a_record_with_more_headers_than_any_that_is_kept_is_cut(name: str, many: int, cut: bool) -> None:
    large = (b"T-1", b"{}", [(name, None)] * many)
    _, found, after = Given(batch([(b"1", b"{}", []), large, (b"2", None, [])])).all()
    assert (found.offset, found.cut, len(found.headers)) == (1, cut, 0 if cut else many)
    assert after.key == b"2"


def test_a_reader_goes_on_in_the_middle_of_a_large_batch() -> None:
    many = 3 * EFFORT + 1_000  # runs are skipped as a whole, so that a call skips some more
    whole = batch([(b"%d" % number, b"x" * 50, []) for number in range(many)], "zstd")
    given = Given(whole, begin=many - 2)
    calls = list(given)
    assert [record.key for records in calls for record in records] == [b"15998", b"15999"]
    assert len(calls) == 4  # the others found nothing yet, and let others go on
    assert given.state.position == many


def test_thousands_of_batches_that_were_aborted_are_passed_over_a_few_at_a_time() -> None:
    batches = [batch([(b"T-1", b"{}", [])], base=base, transactional=True) for base in range(2_000)]
    given = Given(*batches, batch([(b"T-2", b"{}", [])], base=2_000), aborted=[(7, 0)])
    calls = list(given)
    assert [len(records) for records in calls] == [0, 0, 0, 0, 1]
    assert given.state.position == 2_001


def test_what_is_no_record_is_an_error_of_the_log() -> None:
    torn = bytearray(batch([(b"T-1", b"x" * 30_000, [])]))
    del torn[-10:]
    struct.pack_into(">i", torn, 8, len(torn) - 12)
    unpacked = fetcher.PartitionRecords(
        SOURCE, fetcher.MemoryRecords(bytes(torn)), [], 0, None, None, False, COMMITTED_ONLY
    )
    with pytest.raises(CorruptRecordException, match="after the last whole record"):
        list(unpacked)


def test_a_packed_batch_that_cannot_be_unpacked_is_an_error_of_the_log() -> None:
    torn = bytearray(bomb(10, 1_000))
    torn[70:] = b"\xff" * (len(torn) - 70)
    records: Any = fetcher.MemoryRecords(bytes(torn))
    unpacked = fetcher.PartitionRecords(SOURCE, records, [], 0, None, None, False, COMMITTED_ONLY)
    with pytest.raises(CorruptRecordException, match="cannot be unpacked"):
        list(unpacked)
