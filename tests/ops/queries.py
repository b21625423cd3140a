"""PromQL taken apart: which metrics and labels it asks for."""

import json
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import yaml

from service.kafka.exactly_once.status import OwnerState, Status
from service.telemetry.board_metrics import BoardMetrics
from service.telemetry.metrics import Metrics
from tests.reference.metrics import gateway_metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
RATE_INTERVAL = "30s"  # what Grafana puts in the place of $__rate_interval


def selectors(query: str) -> list[tuple[str, set[str]]]:
    """The name and the matched labels of each selector. Raises ValueError for what is no PromQL."""
    found: list[tuple[str, set[str]]] = []

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.append((part.name, {matcher.name for matcher in part.matchers.matchers}))

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


def panels() -> Iterator[tuple[str, dict]]:
    """Each panel that shows something, and the file it is in."""
    for path in sorted((DEPLOY / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            if panel["type"] != "row":
                yield path.name, panel


def as_grafana_sends(query: str, job: str) -> str:
    """The query with its variables replaced."""
    return query.replace("$__rate_interval", RATE_INTERVAL).replace("$job", job)


def recorded() -> dict[str, set[str]]:
    """The series that recording rules give, with the labels that their names may promise."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "recording.yaml").read_text())["groups"]
    return {
        rule["record"]: set(rule["record"].split(":")[0].split("_"))
        for group in groups
        for rule in group["rules"]
    }


def shown() -> dict[str, set[str]]:
    """Every series that /metrics can show, with its labels."""
    metrics = Metrics(
        [("activity", "warning")],
        agreements=["default"],
        reasons=["not_json"],
        codes=[("team", "dropped")],
        states=["running"],
        calendars={"cn": 0},
        build={"version": "1"},
    )
    status = Status(OwnerState.RUNNING, 0, 0, 0, 0.0, 0, 0, 0, 0, 0, 0, 0)
    metrics.render({("complaints.lifecycle", 0): status}, policies=[("vip", "1", "default", "in_force")])
    series: dict[str, set[str]] = {}
    for family in [
        *metrics.registry.collect(),
        *gateway_metrics().registry.collect(),
        *BoardMetrics({}).registry.collect(),
    ]:
        for sample in family.samples:
            series.setdefault(sample.name, set()).update(sample.labels)
    return series
