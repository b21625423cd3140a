"""What is sure of the time when the wall clock is wrong: set while we ran, or from the start."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sla.clock_guard import STEP_MS, ClockGuard
from service.sla.log_time import ROOM_MS, LogTime, TimeSpan
from tests.sla.stories import HOUR, MINUTE, SECOND

START = 1_000 * HOUR


def after(*readings: tuple[int, int]) -> ClockGuard:
    """Since its start, (ms the wall shows, ms that passed), reading by reading."""
    steady = ClockGuard(START, 0)
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


@pytest.mark.parametrize(("ahead", "astray"), [(STEP_MS - 1, 0), (STEP_MS, 0), (STEP_MS + 1, STEP_MS + 1)])
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
    steady, passed = ClockGuard(START, 0), 0
    for ahead, pause in readings:
        passed += pause
        steady.read(START + passed + ahead, passed)
        assert steady.earliest <= START + passed * 1.0005 + 1
        assert steady.earliest <= START + passed + ahead <= steady.latest


NARROW = 5  # ms; how exactly the log's time is known, to either side


def beside(log: int, *readings: tuple[int, int]) -> ClockGuard:
    """`after`, while the log's clocks show so much more than passed."""
    (first, _), *rest = readings
    steady = ClockGuard(START + first, 0)
    for wall, passed in rest:
        now = START + log + passed
        steady.read(START + wall, passed, TimeSpan(now - NARROW, now + NARROW))
    return steady


@pytest.mark.parametrize(
    ("ahead", "earliest", "astray"),
    [
        (NARROW - 1, NARROW - 1, 0),
        (NARROW, NARROW, 0),
        (NARROW + 1, -NARROW, 0),  # no clock of ours is believed that is surely ahead of the log's
        (NARROW + STEP_MS - 1, -NARROW, 0),
        (NARROW + STEP_MS, -NARROW, 0),
        (NARROW + STEP_MS + 1, -NARROW, STEP_MS + 1),
        (HOUR, -NARROW, HOUR - NARROW),
        (-NARROW - STEP_MS, -NARROW - STEP_MS, 0),
        (-NARROW - STEP_MS - 1, -NARROW - STEP_MS - 1, -STEP_MS - 1),
        (-HOUR, -HOUR, NARROW - HOUR),
    ],
)
def test_nothing_is_overdue_before_its_time_by_the_clocks_of_the_log(
    ahead: int, earliest: int, astray: int
) -> None:
    steady = beside(0, (ahead, 0), (ahead + MINUTE, MINUTE))
    assert (steady.earliest - START - MINUTE, steady.astray) == (earliest, astray)


@pytest.mark.parametrize(
    ("ahead", "now"),
    [
        (0, 0),
        (NARROW + STEP_MS, NARROW + STEP_MS),
        (NARROW + STEP_MS + 1, -NARROW),
        (-HOUR, -NARROW),
        (48 * HOUR, -NARROW),
    ],
)
def test_detection_is_by_the_log_where_our_clock_is_another(ahead: int, now: int) -> None:
    assert beside(0, (ahead, 0), (ahead + MINUTE, MINUTE)).now - START - MINUTE == now


@pytest.mark.parametrize(("ahead", "latest"), [(-48 * HOUR, NARROW), (0, NARROW), (48 * HOUR, 48 * HOUR)])
def test_nothing_lies_in_the_future_that_one_clock_has_seen(ahead: int, latest: int) -> None:
    assert beside(0, (ahead, 0), (ahead + MINUTE, MINUTE)).latest - START - MINUTE == latest


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, 48 * HOUR, -48 * HOUR])
def test_a_clock_that_was_wrong_from_the_start_and_put_right_leaves_no_trace(wrong: int) -> None:
    steady = beside(0, (wrong, 0), (wrong + MINUTE, MINUTE), (2 * MINUTE, 2 * MINUTE))
    expected = START + 2 * MINUTE
    assert (steady.earliest, steady.now, steady.latest) == (expected, expected, expected + NARROW)
    assert steady.astray == 0
    steady.read(START + 3 * MINUTE, 3 * MINUTE)  # nor where the log's time is not known any more
    assert (steady.earliest, steady.astray) == (START + 3 * MINUTE, 0)


def test_a_clock_set_back_holds_up_no_deadline_while_the_log_agrees_with_the_time_that_passed() -> None:
    steady = beside(0, (0, 0), (MINUTE - HOUR, MINUTE))
    assert (steady.earliest, steady.astray) == (START + MINUTE, NARROW - HOUR)


@given(
    st.integers(-3 * HOUR, 3 * HOUR),
    st.lists(
        st.tuples(
            st.integers(-3 * HOUR, 3 * HOUR),  # what the wall shows too much
            st.integers(0, HOUR),  # since the last reading
            st.none() | st.tuples(st.integers(0, 9_000), st.floats(0, 1)),  # a record: took, given when
        ),
        max_size=30,
    ),
)
def test_whatever_the_wall_clock_does_nothing_is_overdue_before_its_time_at_the_brokers(
    log: int, readings: list[tuple[int, int, tuple[int, float] | None]]
) -> None:
    """The broker's clock is right here; ours begins to be wrong by `log`, and is set again and again."""
    steady, time, elapsed = ClockGuard(START - log, 0), LogTime(), 0
    for ahead, pause, record in readings:
        elapsed += pause
        if record:
            took, share = record
            time.heard(1, elapsed, elapsed + took, START + elapsed + int(took * share))
            elapsed += took
        steady.read(START + elapsed + ahead, elapsed, time.at(elapsed))
        if time.known:
            assert steady.earliest <= START + elapsed + ROOM_MS
            assert steady.earliest <= START + elapsed or not steady.astray > 0
            assert steady.earliest <= steady.now
            assert steady.latest >= START + elapsed - 9_001
