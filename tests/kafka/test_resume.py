"""That records are lost is believed when it was asked for once more, and only then."""

import pytest
from aiokafka import TopicPartition

from service.kafka.client.groupless_consumer import Span
from service.kafka.exactly_once.restore import LostRecordsError
from service.kafka.exactly_once.resume import believed

SOURCE = TopicPartition("complaints.lifecycle", 3)


@pytest.mark.parametrize(
    ("told", "sure", "first"),
    [
        (Span(0, 30), None, 30),  # no doubt, so nobody is asked again
        (Span(0, 29), Span(0, 30), 30),  # one that no longer leads
        (Span(31, 40), Span(30, 40), 30),
    ],
)
async def test_an_answer_that_cannot_be_is_asked_for_again(told: Span, sure: Span | None, first: int) -> None:
    async def answer() -> Span:
        return told

    async def again() -> Span:
        assert sure, "asked without need"
        return sure

    assert await believed(SOURCE, 30, 29, answer, again) == first


@pytest.mark.parametrize("sure", [Span(0, 29), Span(31, 40)])
async def test_what_is_sure_is_told(sure: Span) -> None:
    async def answer() -> Span:
        return sure

    with pytest.raises(LostRecordsError, match="offset 30 is next"):
        await believed(SOURCE, 30, 29, answer, answer)
