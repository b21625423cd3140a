"""What the time that brokers gave to our records says of their clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sla.log_time import ASK_AFTER_MS, ASK_AGAIN_MS, KEPT_FOR_MS, ROOM_MS, LogTime, TimeSpan
from tests.sla.stories import HOUR, MINUTE

NOON = 1_000 * HOUR  # what the first broker's clock shows when the count of elapsed time begins


def heard(*records: tuple[int, int, int, int]) -> LogTime:
    """Of records: (broker, sent, answered, what it was given since noon)."""
    time = LogTime()
    for broker, sent, answered, given_at in records:
        time.heard(broker, sent, answered, NOON + given_at)
    return time


def known(time: LogTime, elapsed: int = 0) -> tuple[int, int] | None:
    """At least, and at most, since noon."""
    span = time.at(elapsed)
    return span and (span.low - NOON, span.high - NOON)


def test_nobody_knows_before_the_first_record() -> None:
    assert (LogTime().known, known(LogTime())) == (False, None)


def test_the_time_was_given_between_sending_and_answer() -> None:
    assert known(heard((1, 100, 110, 105)), elapsed=110) == (104, 116)


def test_several_records_say_it_more_exactly() -> None:
    assert known(heard((1, 0, 100, 10), (1, 200, 210, 209))) == (-2, 10)


def test_a_broker_whose_clock_was_set_is_believed_anew() -> None:
    assert known(heard((1, 0, 10, 5), (1, 100, 110, HOUR + 105))) == (HOUR - 6, HOUR + 6)


def test_an_answer_that_took_long_lets_nobody_be_further_ahead_than_a_bit() -> None:
    assert known(heard((1, 0, 8_000, 10))) == (10 - 8_001, 10 - 8_001 + ROOM_MS)


@pytest.mark.parametrize(
    ("clocks", "believed"),
    [
        ((-HOUR,), -HOUR),  # alone
        ((0, HOUR), 0),  # of two the earlier
        ((0, -HOUR), -HOUR),
        ((0, HOUR, 20), 20),  # of three the one between
        ((0, -HOUR, 20), 0),
    ],
)
def test_what_most_brokers_show_counts(clocks: tuple[int, ...], believed: int) -> None:
    time = heard(*((broker, 0, 0, shown) for broker, shown in enumerate(clocks)))
    assert known(time) == (believed - 1, believed + 1)


@pytest.mark.parametrize(("after", "believed"), [(KEPT_FOR_MS, -HOUR), (KEPT_FOR_MS + 1, 0)])
def test_a_broker_that_was_long_not_heard_no_longer_counts(after: int, believed: int) -> None:
    time = heard((1, 0, 0, -HOUR), (2, after, after, after))
    assert known(time) == (believed - 1, believed + 1)


def test_one_is_told_to_compare_at_once_and_the_others_are_not() -> None:
    time = LogTime()
    assert [time.ask(at, doubted=False) for at in (0, 0, ASK_AGAIN_MS - 1, ASK_AGAIN_MS, ASK_AGAIN_MS)] == [
        True,
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("took", "doubted", "after"),
    [
        (1, False, ASK_AFTER_MS),
        (ROOM_MS - 2, False, ASK_AFTER_MS),
        (ROOM_MS - 1, False, ASK_AGAIN_MS),
        (1, True, 0),
    ],
)
def test_it_is_compared_again_after_a_while_or_soon_where_it_was_not_exact(
    took: int, doubted: bool, after: int
) -> None:
    for wait, wanted in ((after - 1, False), (after, True), (after + 1, True)):
        if wait >= 0:
            assert heard((1, 0, took, 0)).ask(took + wait, doubted=doubted) is wanted


def test_a_doubt_is_no_reason_to_compare_all_the_time() -> None:
    time = heard((1, 0, 1, 0))
    assert [time.ask(at, doubted=True) for at in (1, ASK_AGAIN_MS, ASK_AGAIN_MS + 1)] == [True, False, True]


def test_where_no_broker_gives_a_time_it_is_tried_as_seldom_as_where_all_is_well() -> None:
    time = LogTime()
    time.not_heard(1)
    assert [time.ask(at, doubted=True) for at in (1 + ASK_AGAIN_MS, ASK_AFTER_MS, 1 + ASK_AFTER_MS)] == [
        False,
        False,
        True,
    ]


@given(st.lists(st.tuples(st.integers(0, MINUTE), st.integers(0, 9_000), st.floats(0, 1)), min_size=1))
def test_a_broker_of_a_steady_clock_is_never_thought_to_be_another(
    records: list[tuple[int, int, float]],
) -> None:
    time, elapsed = LogTime(), 0
    for pause, took, share in records:
        sent = elapsed + pause
        elapsed = sent + took
        time.heard(1, sent, elapsed, NOON + sent + int(took * share))
        span = time.at(elapsed)
        assert isinstance(span, TimeSpan)
        assert span.low <= NOON + elapsed
        assert span.low + ROOM_MS >= span.high
        assert span.high >= NOON + elapsed or span.high == span.low + ROOM_MS
