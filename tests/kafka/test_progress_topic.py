"""Until when the breaches of a topic are complete: what its every partition says of the input's every one."""

import json
from itertools import permutations

import pytest

from schemas.instant import written
from service.kafka.codec.record import Record, size_of
from service.kafka.codec.unreadable import UnreadableRecordError
from service.kafka.topics.progress import TopicProgress, is_progress

INPUT = "complaints.lifecycle"


def said(partition: int, source: int, until: int, topic: str = INPUT, sources: int = 2) -> Record:
    value = json.dumps(
        {
            "source_topic": topic,
            "source_partition": source,
            "source_partitions": sources,
            "complete_until": written(until),
        }
    ).encode()
    return _record(partition, value)


def _record(partition: int, value: bytes) -> Record:
    headers = [("ce_type", b"sla.progress")]
    return Record("sla.breaches", partition, 7, 0, None, value, headers, size_of(None, value, headers))


ALL = [said(0, 0, 10), said(0, 1, 20), said(1, 0, 30), said(1, 1, 25), said(0, 0, 15), said(0, 0, 9, "other")]


def until(records: list[Record] | tuple[Record, ...], partitions: int = 2) -> int | None:
    progress = TopicProgress(INPUT)
    for partition in range(partitions):
        progress.begin(partition)
    for record in records:
        assert is_progress(record)
        progress.take(record)
    return progress.until


def test_the_least_of_the_greatest_counts_in_any_order() -> None:
    assert {until(records) for records in permutations(ALL)} == {15}


@pytest.mark.parametrize("missing", range(1, 4))
def test_it_is_unknown_until_every_partition_has_said_it_of_every_one(missing: int) -> None:
    assert until([record for index, record in enumerate(ALL) if index != missing]) is None
    assert until(ALL, partitions=3) is None
    assert until([]) is None
    assert until(ALL, partitions=0) is None


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"\xff", b'{"source_topic":"x"}'])
def test_what_is_no_progress_is_named(value: bytes) -> None:
    with pytest.raises(UnreadableRecordError, match=r"sla\.breaches.*not written by this service"):
        until([_record(1, value)])


def test_an_instant_that_is_none_is_named() -> None:
    bad = said(1, 0, 0)
    with pytest.raises(UnreadableRecordError):
        until([_record(1, (bad.value or b"").replace(b"1970", b"year"))])
