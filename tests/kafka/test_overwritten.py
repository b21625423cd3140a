"""Records that take the place of what is published: told by key, as long as the last one says otherwise."""

import pytest

from service.kafka.codec.record import Record
from service.kafka.topics.overwritten import overwriting
from service.policy.calendar_years import YearDates
from service.policy.publication import PolicyRecord, Publication, PublishedYear, Retirement, policy_record

ONE = Publication("a", 1, "0" * 64, "2026-01-01", "2026-01-01", "2026a", {"policy": {}, "calendars": {}})
YEAR = PublishedYear("cn", 2026, "2026-01-01", YearDates(("2026-01-01",)))
END = Retirement("a", 1_800_000_000_000, "2026-01-01")


def records(*written: tuple[bytes, bytes | None]) -> list[Record]:
    return [Record("t", 0, offset, 0, key, value, (), 0) for offset, (key, value) in enumerate(written)]


def later(record: PolicyRecord) -> tuple[bytes, bytes]:
    """The same, published at another instant, as by two processes that started at once."""
    key, value = policy_record(record)
    return key, value.replace(b'"published_at":"2026-01-01"', b'"published_at":"2026-01-02"')


@pytest.mark.parametrize("record", [ONE, YEAR, END], ids=lambda record: record.key)
def test_the_same_once_more_is_fine_and_anything_else_is_named(record: PolicyRecord) -> None:
    key, value = policy_record(record)
    assert later(record) != (key, value)
    assert list(overwriting(records((key, value), later(record)))) == []
    for wrong, what in ((None, "has no value"), (b"", "has no value"), (b"{}", "says otherwise")):
        (line,) = overwriting(records((key, value), later(record), (key, wrong)))
        assert line.startswith(f"topic t, partition 0, offset 2, key {key.decode()}: {what}")
        assert line.endswith("write the record at offset 0 again, with its key and value")
        assert list(overwriting(records((key, value), (key, wrong), (key, value)))) == []


@pytest.mark.parametrize(
    ("record", "old", "new"),
    [
        (ONE, b'"policy":{}', b'"policy":{"version":"1"}'),
        (END, b"1800000000000", b"1800000000001"),
        (YEAR, b'["2026-01-01"]', b'["2026-01-02"]'),
    ],
)
def test_other_content_under_the_same_key_is_named(record: PolicyRecord, old: bytes, new: bytes) -> None:
    key, value = policy_record(record)
    assert old in value
    (line,) = overwriting(records((key, value), (key, value.replace(old, new))))
    assert f"offset 1, key {record.key}: " in line
    assert ": says otherwise than what is published" in line
