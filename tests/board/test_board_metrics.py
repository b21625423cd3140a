"""A board says that it is there, and how old its data are."""

import pytest

from service.board.snapshot import ReachView
from service.telemetry.board_metrics import BoardMetrics
from service.telemetry.metric_names import RefusedConnection
from tests.board.browser import browser
from tests.board.desk import Desk
from tests.sla.stories import at

READ, UNREAD = ReachView(0, 9, 9, at("09:30")), ReachView(0, 9, 9, None)
LATER = ReachView(0, 9, 9, at("09:35"))


@pytest.mark.parametrize(
    ("reaches", "as_of"),
    [
        ({}, 0),
        ({0: READ, 1: UNREAD}, 0),
        ({0: LATER, 1: READ}, at("09:30") / 1_000),
    ],
)
async def test_it_shows_until_when_it_knows_every_ticket(reaches: dict[int, ReachView], as_of: float) -> None:
    async with browser(Desk(at("09:40"), reaches=reaches)) as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    (line,) = [line for line in answer.text.splitlines() if line.startswith("sla_board_as_of")]
    assert float(line.split()[1]) == as_of


def test_it_counts_connections_that_ended_before_their_time_from_zero_on() -> None:
    metrics = BoardMetrics({"version": "1"})
    before, _ = metrics.render(None), metrics.turned_away(RefusedConnection.SLOW_HEAD)
    assert b'sla_http_connections_refused_total{reason="slow_head"} 0.0' in before
    assert b'sla_http_connections_refused_total{reason="slow_head"} 1.0' in metrics.render(None)
    assert b'sla_build_info{version="1"} 1.0' in before


def test_every_metric_says_when_to_worry() -> None:
    helps = [
        line for line in BoardMetrics({}).render(None).decode().splitlines() if line.startswith("# HELP")
    ]
    assert [line for line in helps if "Worry" not in line and "_created" not in line] == []
