"""When an owner may go on from what an earlier one of its process knew."""

import pytest

from service.kafka.client.groupless_consumer import OffsetSpan
from service.kafka.exactly_once.warm_state import KEPT_FOR_MS, WarmState
from service.sla.tickets import ticket_partition
from tests.sla.stories import DAY, LETTER

LEFT_AT = 1_772_413_200_000  # ms


@pytest.mark.parametrize(
    ("changelog", "later", "serves"),
    [
        (OffsetSpan(0, 10), 0, True),  # nothing happened in between
        (OffsetSpan(10, 30), 0, True),  # others wrote, and all of that is still there
        (OffsetSpan(11, 30), 0, False),  # some of it was deleted
        (OffsetSpan(0, 9), 0, False),  # it is another log
        (OffsetSpan(0, 10), KEPT_FOR_MS - 1, True),
        (OffsetSpan(0, 10), KEPT_FOR_MS, True),
        (OffsetSpan(0, 10), KEPT_FOR_MS + 1, False),  # a tombstone may be gone
    ],
)
def test_it_serves_while_the_changelog_has_all_that_came_after_it(
    changelog: OffsetSpan, later: int, serves: bool
) -> None:
    kept = WarmState(ticket_partition(LETTER, 35 * DAY), 10, 5, LEFT_AT)
    assert kept.serves(changelog, LEFT_AT + later) is serves
