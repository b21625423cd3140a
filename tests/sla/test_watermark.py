"""The instant up to which the log is known to be complete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sla.watermark import Watermark


def test_nothing_is_known_before_the_log_was_asked() -> None:
    watermark = Watermark()
    watermark.processed(100)
    assert watermark.at is None


@pytest.mark.parametrize(
    ("position", "at"),
    [(9, None), (10, 5_000), (11, 5_000)],
)
def test_it_is_the_instant_of_asking_once_everything_below_the_end_is_processed(
    position: int, at: int | None
) -> None:
    watermark = Watermark()
    watermark.asked(sent_at=5_000, end=10)
    watermark.processed(position)
    assert watermark.at == at
    assert watermark.behind == (at is None)


def test_an_idle_log_is_complete_as_soon_as_it_answers() -> None:
    watermark = Watermark()
    watermark.processed(10)
    watermark.asked(sent_at=5_000, end=10)
    assert watermark.at == 5_000


def test_an_empty_log_is_complete_as_soon_as_it_answers() -> None:
    watermark = Watermark()
    watermark.asked(sent_at=5_000, end=0)
    assert watermark.at == 5_000


def test_it_never_goes_back_when_the_clock_does() -> None:
    watermark = Watermark()
    watermark.asked(sent_at=5_000, end=0)
    watermark.asked(sent_at=4_000, end=0)
    assert watermark.at == 5_000


def test_a_later_answer_further_ahead_does_not_hold_back_an_earlier_one() -> None:
    watermark = Watermark()
    watermark.asked(sent_at=1_000, end=10)
    watermark.asked(sent_at=2_000, end=20)
    watermark.processed(15)
    assert watermark.at == 1_000
    watermark.processed(20)
    assert watermark.at == 2_000


@pytest.mark.parametrize(
    ("position", "policies", "at"),
    [(10, 3, None), (10, 4, 5_000), (10, 5, 5_000), (9, 4, None), (9, 3, None)],
)
@pytest.mark.parametrize("policies_first", [True, False])
def test_the_policies_have_to_be_known_up_to_their_end_as_well(
    position: int, policies: int, at: int | None, policies_first: bool
) -> None:
    watermark = Watermark()
    watermark.asked(sent_at=5_000, end=10, policies_end=4)
    told = [(watermark.known, policies), (watermark.processed, position)]
    for tell, offset in told if policies_first else reversed(told):
        tell(offset)
    assert watermark.at == at
    assert watermark.behind == (at is None)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.integers(0, 50)), max_size=30))
def test_it_is_the_latest_instant_of_asking_whose_records_are_all_processed(
    calls: list[tuple[bool, int, int]],
) -> None:
    watermark, answers, position = Watermark(), list[tuple[int, int]](), 0
    for asks, first, second in calls:
        before = watermark.at
        if asks:
            answers.append((first, second))
            watermark.asked(first, second)
        else:
            position = max(position, first)
            watermark.processed(first)
        known = [sent_at for sent_at, end in answers if end <= position]
        assert watermark.at == (max(known) if known else None)
        assert before is None or (watermark.at is not None and watermark.at >= before)
