"""Where an owner reads on after it restored its memory."""

import pytest
from aiokafka import TopicPartition

from service.kafka.client.groupless_consumer import OffsetSpan
from service.kafka.exactly_once.restore import LostRecordsError, first_offset

SOURCE = TopicPartition("complaints.lifecycle", 3)


@pytest.mark.parametrize(
    ("committed", "reflects", "first"),
    [
        (None, -1, 10),  # nobody was here before: from the beginning
        (20, -1, 20),
        (20, 19, 20),
        (20, 24, 25),  # the group's offset lags behind the state that was committed with it
        (20, 14, 20),  # the last records changed no ticket
        (None, 14, 15),  # the group's offsets have expired, the state has not
        (10, -1, 10),
        (30, -1, 30),
    ],
)
def test_it_goes_on_after_what_is_committed_and_after_what_the_state_knows(
    committed: int | None, reflects: int, first: int
) -> None:
    assert first_offset(SOURCE, committed, reflects, OffsetSpan(10, 30)) == first


@pytest.mark.parametrize(
    ("committed", "reflects", "says"),
    [
        (9, -1, "offset 9 is next, but the log begins at 10"),
        (None, 8, "offset 9 is next, but the log begins at 10"),
        (31, -1, "offset 31 is next, but the log ends at 30"),
        (20, 30, "offset 31 is next, but the log ends at 30"),
    ],
)
def test_records_that_are_gone_are_never_skipped_in_silence(
    committed: int | None, reflects: int, says: str
) -> None:
    with pytest.raises(LostRecordsError, match=f"complaints.lifecycle partition 3: {says}"):
        first_offset(SOURCE, committed, reflects, OffsetSpan(10, 30))
