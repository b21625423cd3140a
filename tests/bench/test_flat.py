"""What counts as flat over an hour."""

import pytest

from bench.flat import MINUTES, growth


def test_what_stays_is_flat():
    assert growth([7.0] * (MINUTES + 1)) == 1


def test_what_grows_every_minute_shows():
    """By 1 % of its first size a minute: minute 55.5 against minute 10, rounded to a minute read."""
    assert growth([100.0 + minute for minute in range(MINUTES + 1)]) == pytest.approx(155.5 / 110)


def test_how_it_began_and_a_minute_that_stands_out_do_not_count():
    course = [1.0] * 5 + [10.0] * (MINUTES - 4)
    course[8] = course[58] = 99.0
    assert growth(course) == 1


@pytest.mark.parametrize("minutes", [0, MINUTES, MINUTES + 2])
def test_another_length_is_no_hour(minutes):
    with pytest.raises(ValueError, match="no hour"):
        growth([1.0] * minutes)
