"""How far a restore is, as logs, probe and metrics tell it."""

import logging

import pytest
from aiokafka import TopicPartition

from service.kafka.exactly_once.restore import RestoreProgress, _say


@pytest.mark.parametrize(
    ("restored", "total", "percent", "seconds_left"),
    [
        (0, 0, 100, None),  # nothing to restore
        (0, 1_000, 0, None),  # no pace yet
        (9, 1_000, 0, 991 / 9 * 2.0),
        (10, 1_000, 1, 198.0),
        (999, 1_000, 99, 1 / 999 * 2.0),
        (1_000, 1_000, 100, 0.0),
    ],
)
def test_per_cent_and_the_time_that_is_left_by_the_pace_of_two_seconds(
    restored: int, total: int, percent: int, seconds_left: float | None
) -> None:
    progress = RestoreProgress(restored, total, 2.0)
    assert progress.percent == percent
    assert progress.seconds_left == pytest.approx(seconds_left)


def test_the_log_says_how_far_it_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        _say(TopicPartition("sla.tickets", 3), RestoreProgress(250, 1_000, 2.0))
    assert caplog.messages == ["sla.tickets partition 3: restored 250 of 1000 records (25 %), 6 s left"]
