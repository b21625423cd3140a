"""A real breach of a real service reaches a webhook; every panel of every dashboard has something to show."""

from collections.abc import Iterator
from time import monotonic

import pytest

from tests.ops.debian import said
from tests.ops.queries import as_grafana_sends, panels
from tests.ops.watched import JOB, WITHIN, Watched, watched

QUERIES = [
    (f"{file}: {panel['title']} {target['refId']}", target["expr"])
    for file, panel in panels()
    for target in panel["targets"]
]


@pytest.fixture(scope="module")
def chain(bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(bootstrap, "alerting.", tmp_path_factory.mktemp("alerting")) as running:
        yield running


def test_a_breach_reaches_the_pager(chain: Watched) -> None:
    major = (alert for alert in chain.alerts() if alert["alertname"] == "SlaMajorBreaches")
    breach = next(alert for alert in major if alert["clock"] == "response")
    assert (breach["receiver"], breach["status"], breach["severity"]) == ("pager", "firing", "critical")
    assert (breach["job"], breach["clock"], breach["level"]) == (JOB, "response", "major")
    assert breach["summary"] == "Promise broken: clock response, level major"


@pytest.mark.parametrize(("panel", "query"), QUERIES, ids=[panel for panel, _ in QUERIES])
def test_every_panel_has_something_to_show(chain: Watched, panel: str, query: str) -> None:
    asked = as_grafana_sends(query, JOB)
    began = monotonic()
    while not chain.prometheus.numbers(asked):
        assert monotonic() - began < WITHIN, asked


def test_nothing_fires_that_has_no_reason_to(chain: Watched) -> None:
    fired = chain.prometheus.ask("/query", query='count by (alertname) (ALERTS{alertstate="firing"})')[
        "result"
    ]
    assert {series["metric"]["alertname"] for series in fired} <= {
        "SlaMajorBreaches",
        "SlaBreaches",
        "SlaRecordsRejected",
        "SlaCalendarExpiring",  # late in the year, until the next one's official days are in the file
    }


def state_of(chain: Watched, labels: dict[str, str]) -> str:
    """What Alertmanager does with an alert that it has: `active` or `suppressed`."""
    matchers, began = [f'{name}="{value}"' for name, value in labels.items()], monotonic()
    while True:
        for alert in chain.alertmanager.get("/alerts", params={"filter": matchers}).json():
            if (state := alert["status"]["state"]) != "unprocessed":
                return state
        assert monotonic() - began < WITHIN, labels


@pytest.mark.parametrize(
    ("worse", "milder"),
    [
        ({"alertname": "SlaServiceAbsent"}, {"alertname": "SlaPartitionWithoutOwner"}),
        ({"alertname": "SlaGatewayAbsent"}, {"alertname": "SlaGatewayUnavailable"}),
        ({"alertname": "SlaMajorBreaches", "clock": "c"}, {"alertname": "SlaBreaches", "clock": "c"}),
        (
            {"alertname": "SlaPromiseBurn", "severity": "critical", "clock": "c"},
            {"alertname": "SlaPromiseBurn", "severity": "warning", "clock": "c"},
        ),
        (
            {"alertname": "SlaPartitionNotJudged", "instance": "i"},
            {"alertname": "SlaDeadlinesOverdue", "instance": "i"},
        ),
    ],
    ids=lambda labels: labels["alertname"],
)
def test_what_follows_from_something_worse_is_not_told(
    chain: Watched, request: pytest.FixtureRequest, worse: dict[str, str], milder: dict[str, str]
) -> None:
    job = {"job": request.node.name}
    elsewhere = milder | {"job": f"not {request.node.name}"}
    for labels in (worse | job, milder | job, elsewhere):
        assert chain.alertmanager.post("/alerts", json=[{"labels": labels}]).status_code == 200
    began = monotonic()
    while state_of(chain, milder | job) != "suppressed":
        assert monotonic() - began < WITHIN
    assert state_of(chain, worse | job) == "active"
    assert state_of(chain, elsewhere) == "active"


def test_what_the_service_shows_is_as_prometheus_wants_it(chain: Watched) -> None:
    assert said("promtool", "check", "metrics", given=chain.metrics.get("/metrics").content) == ""
