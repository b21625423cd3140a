"""When an owner may go on from what an earlier one of its process knew."""

import pytest

from service.kafka.client.groupless_consumer import Span
from service.kafka.exactly_once.warm_state import KEPT_FOR, Kept
from service.sla.partition import Partition
from tests.sla.stories import DAY, LETTER

LEFT_AT = 1_772_413_200_000  # ms


@pytest.mark.parametrize(
    ("changelog", "later", "serves"),
    [
        (Span(0, 10), 0, True),  # nothing happened in between
        (Span(10, 30), 0, True),  # others wrote, and all of that is still there
        (Span(11, 30), 0, False),  # some of it was deleted
        (Span(0, 9), 0, False),  # it is another log
        (Span(0, 10), KEPT_FOR - 1, True),
        (Span(0, 10), KEPT_FOR, True),
        (Span(0, 10), KEPT_FOR + 1, False),  # a tombstone may be gone
    ],
)
def test_it_serves_while_the_changelog_has_all_that_came_after_it(
    changelog: Span, later: int, serves: bool
) -> None:
    kept = Kept(Partition(LETTER, 35 * DAY), 10, 5, LEFT_AT)
    assert kept.serves(changelog, LEFT_AT + later) is serves
