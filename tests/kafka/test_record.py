"""The records that a consumer of this process gives."""

from math import inf
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.producer.message_accumulator import BatchBuilder

from service.kafka.codec.record import Record

SOURCE = TopicPartition("complaints.lifecycle", 3)
COMMITTED_ONLY = 1


def read(*written: dict[str, Any]) -> list[Record]:
    """What a fetch of these records gives, which lie from offset 0 on."""
    batch = BatchBuilder(10_000, 0)
    for one in written:
        assert batch.append(**one)
    records = fetcher.MemoryRecords(bytes(batch._build()))
    found: list[Record] = unpacked(records, 0).give(inf)
    return found


def unpacked(records: Any, begin: int) -> Any:
    return fetcher.PartitionRecords(SOURCE, records, [], begin, None, None, True, COMMITTED_ONLY)


@pytest.mark.parametrize("key", [None, b"", b"T-1"])
@pytest.mark.parametrize("value", [None, b"", b"{}"])
@pytest.mark.parametrize(
    "headers", [(), (("ce_id", b"e-1"), ("ce_id", None)), (("content-type", b"application/json"),)]
)
@pytest.mark.parametrize("timestamp", [0, 1_772_413_265_000])
def test_a_record_says_what_was_written_and_where_it_lies(
    key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes | None], ...], timestamp: int
) -> None:
    given = {"key": key, "value": value, "headers": list(headers), "timestamp": timestamp}
    _, second = read(given, given)
    assert (second.topic, second.partition, second.offset, second.timestamp) == (*SOURCE, 1, timestamp)
    assert (second.key, second.value, second.headers) == (key, value, headers)


def test_records_before_the_offset_that_was_asked_for_are_skipped_and_the_next_offset_is_known() -> None:
    batch = BatchBuilder(10_000, 0)
    for number in range(5):
        batch.append(key=b"T-1", value=b"%d" % number, headers=[], timestamp=0)
    records = unpacked(fetcher.MemoryRecords(bytes(batch._build())), 3)
    assert [(record.offset, record.value) for record in records.give(inf)] == [(3, b"3"), (4, b"4")]
    assert records.next_fetch_offset == 5
