"""Which brokers are silent, and how long each is waited for."""

import pytest

from service.kafka.client.silence import DOUBT, MOVED_WITHIN_SECONDS, SILENT_AFTER_SECONDS, Silence

LONGEST = 15.0


async def test_a_broker_is_silent_from_when_that_was_found_until_it_answers() -> None:
    found = Silence(LONGEST)
    assert (found.has(1), found.lately()) == (False, [])
    assert found.found(1)
    assert not found.found(1)  # no news
    assert (found.has(1), found.is_doubtful(1), found.lately()) == (True, True, [1])
    found.answered(1)
    assert (found.has(1), found.is_doubtful(1), found.lately()) == (False, False, [])


async def test_a_broker_that_was_slower_is_asked_later_and_is_not_silent() -> None:
    found = Silence(LONGEST)
    found.outrun(1)
    assert (found.has(1), found.is_doubtful(1)) == (False, True)
    found.answered(1)
    assert not found.is_doubtful(1)


@pytest.mark.parametrize(
    ("silent_for", "patience", "lately"),
    [
        (0, SILENT_AFTER_SECONDS, True),
        (DOUBT * SILENT_AFTER_SECONDS, SILENT_AFTER_SECONDS, True),
        (DOUBT * SILENT_AFTER_SECONDS + 4, SILENT_AFTER_SECONDS + 1, True),
        (MOVED_WITHIN_SECONDS - 1, (MOVED_WITHIN_SECONDS - 1) / DOUBT, True),
        (MOVED_WITHIN_SECONDS + 1, (MOVED_WITHIN_SECONDS + 1) / DOUBT, False),
        (DOUBT * LONGEST + 4, LONGEST, False),
    ],
)
async def test_one_that_is_silent_for_long_gets_a_fourth_of_that_time(
    silent_for: float, patience: float, lately: bool
) -> None:
    found = Silence(LONGEST)
    found.found(1)
    found._since[1] -= silent_for
    assert found.patience(1) == pytest.approx(patience, abs=0.5)
    assert (found.lately() == [1]) is lately
    assert found.patience(2) == SILENT_AFTER_SECONDS
