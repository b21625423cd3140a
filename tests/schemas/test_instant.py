"""Instants: RFC 3339 with an offset, truncated to milliseconds, no leap second."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.instant import Instant, milliseconds, read_milliseconds, written

INSTANT = TypeAdapter(Instant)

READ = {
    "UTC": ("2026-03-02T01:01:00Z", "2026-03-02T01:01:00.000Z"),
    "lower case": ("2026-03-02t01:01:00z", "2026-03-02T01:01:00.000Z"),
    "an offset to the east": ("2026-03-02T09:01:00+08:00", "2026-03-02T01:01:00.000Z"),
    "an offset to the west": ("2026-03-01T21:31:00-03:30", "2026-03-02T01:01:00.000Z"),
    "an unknown local offset": ("2026-03-02T01:01:00-00:00", "2026-03-02T01:01:00.000Z"),
    "the widest offset": ("2026-03-02T23:59:00+23:59", "2026-03-02T00:00:00.000Z"),
    "one digit of a second": ("2026-03-02T01:01:00.5Z", "2026-03-02T01:01:00.500Z"),
    "just below a millisecond": ("2026-03-02T01:01:00.0009999Z", "2026-03-02T01:01:00.000Z"),
    "just below a millisecond, to the west": ("2026-03-01T21:31:00.9999-03:30", "2026-03-02T01:01:00.999Z"),
    "nanoseconds": ("2026-03-02T01:01:00.123999999Z", "2026-03-02T01:01:00.123Z"),
    "thirty digits": (f"2026-03-02T01:01:00.123{'9' * 27}Z", "2026-03-02T01:01:00.123Z"),
    "a leap day": ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"),
    "before the epoch": ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
}


@pytest.mark.parametrize(("text", "instant"), READ.values(), ids=READ)
def test_reads(text, instant):
    assert written(milliseconds(INSTANT.validate_python(text))) == instant
    assert INSTANT.validate_python(text).microsecond % 1000 == 0
    assert INSTANT.dump_python(INSTANT.validate_python(text), mode="json") == instant


REFUSED = {
    "a leap second": "2026-06-30T23:59:60Z",
    "hour 24": "2026-03-02T24:00:00Z",
    "no such day": "2026-02-29T00:00:00Z",
    "year 0": "0000-01-01T00:00:00Z",
    "a comma": "2026-03-02T01:01:00,5Z",
    "a point and no digit": "2026-03-02T01:01:00.Z",
    "a space": "2026-03-02 01:01:00Z",
    "no seconds": "2026-03-02T01:01Z",
    "a date": "2026-03-02",
    "a week": "2026-W10-1T01:01:00Z",
    "basic format": "20260302T010100Z",
    "an offset without colon": "2026-03-02T01:01:00+0800",
    "an offset in hours": "2026-03-02T01:01:00+08",
    "an offset with seconds": "2026-03-02T01:01:00+08:00:30",
    "an offset of a day": "2026-03-02T01:01:00+24:00",
    "a zone's name": "2026-03-02T01:01:00+08:00[Asia/Shanghai]",
    "a line break": "2026-03-02T01:01:00Z\n",
    "other digits": "٢٠٢٦-03-02T01:01:00Z",
    "five digits of a year": "12026-03-02T01:01:00Z",
    "nothing": "",
    "a number": 1_772_413_260_000,
    "null": None,
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refuses(text):
    with pytest.raises(ValidationError, match="bad_instant"):
        INSTANT.validate_python(text)


def test_names_a_missing_offset():
    with pytest.raises(ValidationError, match="time_without_offset"):
        INSTANT.validate_python("2026-03-02T01:01:00")


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999))
def test_what_was_written_is_read_as_the_same_instant(instant):
    assert milliseconds(INSTANT.validate_python(written(instant))) == instant
    assert read_milliseconds(written(instant)) == instant


def thorough(text):
    try:
        return milliseconds(INSTANT.validate_python(text))
    except ValidationError:
        return None


PARTS = (
    ["2026-03-02", "2026-02-29", "2028-02-29", "0000-01-01", "0001-01-01", "9999-12-31", "1969-12-31"],
    ["T", "t", " ", ""],
    ["01:01:00", "23:59:59", "23:59:60", "24:00:00", "01:01", "\u06601:01:00"],
    [
        "",
        ".",
        ",250",
        ".25",
        ".250",
        ".2\u06650",
        ".\xb250",
        ".+25",
        ".2_0",
        ".250.1",
        ".250.1234",
        ".2509",
        ".000999999",
    ],
    ["Z", "z", "", "+08:00", "-03:30", "-00:00", "+23:59", "+24:00", "+0800", "+08", "+08:00:30", "Z\n"],
)


def test_the_quick_reading_gives_what_the_thorough_one_gives():
    for text in map("".join, itertools.product(*PARTS)):
        assert read_milliseconds(text) == thorough(text), text


@given(st.text() | st.from_regex(r"[0-9TtZz:.+-]{18,30}"))
def test_the_quick_reading_of_anything_gives_what_the_thorough_one_gives(text):
    assert read_milliseconds(text) == thorough(text)
