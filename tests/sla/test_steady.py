"""What is sure of the time when the wall clock was set while we ran."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sla.steady import STEP, Steady
from tests.sla.stories import HOUR, MINUTE, SECOND

START = 1_000 * HOUR


def after(*readings: tuple[int, int]) -> Steady:
    """Since its start, (ms the wall shows, ms that passed), reading by reading."""
    steady = Steady(START, 0)
    for wall, passed in readings:
        steady.read(START + wall, passed)
    return steady


@pytest.mark.parametrize(
    ("wall", "passed", "earliest", "latest", "astray"),
    [
        (MINUTE, MINUTE, MINUTE, MINUTE, 0),  # undisturbed
        (HOUR + MINUTE, MINUTE, MINUTE, HOUR + MINUTE, HOUR),  # set ahead
        (MINUTE - HOUR, MINUTE, MINUTE - HOUR, MINUTE, -HOUR),  # set back
        (9 * HOUR, 9 * HOUR, 9 * HOUR, 9 * HOUR, 0),  # suspended meanwhile: both counted on
        (9 * HOUR, MINUTE, MINUTE, 9 * HOUR, 9 * HOUR - MINUTE),  # a machine that does not count its sleep
    ],
)
def test_what_is_overdue_and_what_lies_ahead_when_the_clock_was_set(
    wall: int, passed: int, earliest: int, latest: int, astray: int
) -> None:
    steady = after((wall, passed))
    assert (steady.earliest - START, steady.latest - START, steady.astray) == (earliest, latest, astray)


@pytest.mark.parametrize(("ahead", "astray"), [(STEP - 1, 0), (STEP, 0), (STEP + 1, STEP + 1)])
def test_a_second_apart_is_no_step(ahead: int, astray: int) -> None:
    assert after((ahead, 0)).astray == astray


def test_a_clock_set_ahead_is_never_believed_however_long_it_says_so() -> None:
    steady = after((HOUR, 0), *((HOUR + day * 24 * HOUR, day * 24 * HOUR) for day in range(1, 100)))
    assert steady.earliest == START + 99 * 24 * HOUR
    assert steady.astray == HOUR


def test_a_clock_set_ahead_and_put_right_again_leaves_no_trace() -> None:
    assert after((HOUR + MINUTE, MINUTE), (2 * MINUTE, 2 * MINUTE)).earliest == START + 2 * MINUTE


def test_a_clock_set_back_and_put_right_again_leaves_no_trace() -> None:
    steady = after((MINUTE - HOUR, MINUTE), (2 * MINUTE, 2 * MINUTE))
    assert (steady.earliest, steady.astray) == (START + 2 * MINUTE, 0)


def test_a_clock_that_runs_slightly_fast_for_a_month_is_followed() -> None:
    hours = range(1, 30 * 24)
    steady = after(*((hour * (HOUR + SECOND), hour * HOUR) for hour in hours))
    assert (steady.earliest, steady.astray) == (START + hours[-1] * (HOUR + SECOND), 0)


@given(st.lists(st.tuples(st.integers(-2 * HOUR, 2 * HOUR), st.integers(0, HOUR)), max_size=30))
def test_nothing_is_overdue_before_its_time_whatever_is_done_to_the_wall_clock(
    readings: list[tuple[int, int]],
) -> None:
    steady, passed = Steady(START, 0), 0
    for ahead, pause in readings:
        passed += pause
        steady.read(START + passed + ahead, passed)
        assert steady.earliest <= START + passed * 1.0005 + 1
        assert steady.earliest <= START + passed + ahead <= steady.latest
