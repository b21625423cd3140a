"""Consumers are told once in each quarter of an hour how far the breaches are complete."""

import pytest

from service.kafka.exactly_once.breach_progress import PROGRESS_MS, BreachProgress
from service.sla.tickets import ticket_partition
from tests.sla.stories import DAY, LETTER, at

QUARTER = at("09:15")
assert QUARTER % PROGRESS_MS == 0


def test_a_new_owner_tells_at_once() -> None:
    assert BreachProgress().reach(ticket_partition(LETTER, DAY), QUARTER + 1)


@pytest.mark.parametrize(
    ("told_at", "at", "is_told"),
    [
        (QUARTER - 1, QUARTER - 1, False),
        (QUARTER - 1, QUARTER, True),
        (QUARTER, QUARTER + 1, False),
        (QUARTER, QUARTER + PROGRESS_MS - 1, False),
        (QUARTER, QUARTER + PROGRESS_MS, True),
        (QUARTER, QUARTER + 10 * PROGRESS_MS, True),
    ],
)
def test_then_in_each_quarter_of_an_hour(told_at: int, at: int, is_told: bool) -> None:
    progress, partition = BreachProgress(), ticket_partition(LETTER, DAY)
    progress.reach(partition, told_at)
    progress.told(told_at)
    assert progress.reach(partition, at) is is_told
    assert progress.until == at
