"""That records are lost is believed when it was asked for once more, and only then."""

import pytest
from aiokafka import TopicPartition

from service.kafka.client.groupless_consumer import OffsetSpan
from service.kafka.exactly_once.restore import LostRecordsError
from service.kafka.exactly_once.resume import believed

SOURCE = TopicPartition("complaints.lifecycle", 3)


@pytest.mark.parametrize(
    ("told", "sure", "first"),
    [
        (OffsetSpan(0, 30), None, 30),  # no doubt, so nobody is asked again
        (OffsetSpan(0, 29), OffsetSpan(0, 30), 30),  # one that no longer leads
        (OffsetSpan(31, 40), OffsetSpan(30, 40), 30),
    ],
)
async def test_an_answer_that_cannot_be_is_asked_for_again(
    told: OffsetSpan, sure: OffsetSpan | None, first: int
) -> None:
    async def answer() -> OffsetSpan:
        return told

    async def again() -> OffsetSpan:
        assert sure, "asked without need"
        return sure

    assert await believed(SOURCE, 30, 29, answer, again) == first


@pytest.mark.parametrize("sure", [OffsetSpan(0, 29), OffsetSpan(31, 40)])
async def test_what_is_sure_is_told(sure: OffsetSpan) -> None:
    async def answer() -> OffsetSpan:
        return sure

    with pytest.raises(LostRecordsError, match="offset 30 is next"):
        await believed(SOURCE, 30, 29, answer, answer)
