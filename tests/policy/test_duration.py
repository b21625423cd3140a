"""Durations: what people may write, and what they are told otherwise."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sla.calendar.duration import LONGEST_MS, duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0s", 0),
        ("90s", 90_000),
        ("30m", 1_800_000),
        ("1h30m", 5_400_000),
        ("36h", 129_600_000),
        ("1.5h", 5_400_000),
        ("250ms", 250),
        ("0.001s", 1),
        ("1m0.5s", 60_500),
        ("PT30M", 1_800_000),
        ("PT1H30M", 5_400_000),
        ("PT0.25S", 250),
        ("PT0,25S", 250),
        ("87840h", LONGEST_MS),
    ],
)
def test_a_duration_is_a_whole_number_of_milliseconds(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


WALL = "counts wall time in days or more, which are not all equally long; write"
NONE = "is no duration; write for example 90s, 30m, 1h30m or PT30M"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2d", f"{WALL} 48h"),
        ("1 day", f"{WALL} 24h"),
        ("2 weeks", f"{WALL} 336h"),
        ("P1D", f"{WALL} 24h"),
        ("P1W", f"{WALL} 168h"),
        ("1d12h", f"{WALL} hours"),
        ("P1DT12H", f"{WALL} hours"),
        ("P1M", f"{WALL} hours"),
        ("3 months", f"{WALL} hours"),
        ("P1Y", f"{WALL} hours"),
        ("30", "has no unit; write 30ms, 30s, 30m or 30h"),
        ("1:30", NONE),
        ("30 m", NONE),
        ("30M", NONE),
        ("30m1h", NONE),
        ("1.5h30m", NONE),
        ("-5m", NONE),
        ("PT", NONE),
        ("", NONE),
        ("٣٠m", NONE),
        ("0.0001s", "is finer than a millisecond"),
        ("0.5ms", "is finer than a millisecond"),
        ("87840.001h", "is longer than 87840h"),
        ("999999999999h", "is longer than 87840h"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_would_be_right(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        parse_duration(text)


@given(st.integers(0, LONGEST_MS))
def test_every_duration_reads_back_as_it_was_written(duration: int) -> None:
    assert parse_duration(duration_text(duration)) == duration


@given(st.text())
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert 0 <= parse_duration(text) <= LONGEST_MS
