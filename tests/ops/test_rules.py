"""Alert and recording rules: each alert has its cases, says what to do, asks for what exists."""

import re
from pathlib import Path

import pytest
import yaml

from tests.ops.debian import said
from tests.ops.queries import DEPLOY, recorded, selectors, shown

PROMETHEUS = DEPLOY / "prometheus"
ROOT = DEPLOY.parent
RULES = [
    rule
    for name in ("recording.yaml", "alerts.yaml")
    for group in yaml.safe_load((PROMETHEUS / name).read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
CASES = yaml.safe_load((PROMETHEUS / "tests.yaml").read_text())["tests"]
SECTIONS = dict(
    re.findall(
        r"^## (\w+)\n(.*?)(?=^## |\Z)", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE | re.DOTALL
    )
)


def rows(case: dict) -> list[tuple[str, list[dict]]]:
    return [(row["alertname"], row["exp_alerts"]) for row in case.get("alert_rule_test", ())]


def test_prometheus_takes_the_configuration() -> None:
    assert "SUCCESS" in said("promtool", "check", "config", PROMETHEUS / "prometheus.yml")


@pytest.mark.parametrize("cases", ["tests.yaml", "tests-of-days.yaml"])
def test_every_case_of_the_rules_comes_out_as_written(cases: str) -> None:
    assert "SUCCESS" in said("promtool", "test", "rules", PROMETHEUS / cases)


@pytest.mark.parametrize(("name", "severity"), [(a["alert"], a["labels"]["severity"]) for a in ALERTS])
def test_every_alert_has_a_case_where_it_fires_and_one_where_it_does_not(name: str, severity: str) -> None:
    tried = [expected for case in CASES for alert, expected in rows(case) if alert == name]
    assert severity in {alert["exp_labels"]["severity"] for alerts in tried for alert in alerts}
    assert [] in tried


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_says_what_is_wrong_how_bad_it_is_and_where_to_read_on(alert: dict) -> None:
    assert alert["labels"]["severity"] in ("warning", "critical")
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{alert['alert'].lower()}"


def test_the_runbook_has_one_section_for_each_alert_and_each_says_the_same_four_things() -> None:
    assert list(SECTIONS) == list(dict.fromkeys(alert["alert"] for alert in ALERTS))
    for section in SECTIONS.values():
        assert re.findall(r"^\*\*(\w+)\.\*\*", section, re.MULTILINE) == [
            "Meaning",
            "Impact",
            "Diagnosis",
            "Mitigation",
        ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_every_rule_asks_for_series_and_labels_that_are_there(rule: dict) -> None:
    known = shown() | recorded() | {"up": set()}
    for name, labels in selectors(rule["expr"]):
        assert name in known
        assert labels <= known[name] | {"job", "instance"}


def test_every_kind_of_process_is_scraped_and_missed_when_it_is_gone() -> None:
    manifests = "".join(path.read_text() for path in (DEPLOY / "kubernetes").glob("*.yaml"))
    kinds = set(re.findall(r"component: (\w+)", manifests)) - {"topics"}  # it ends
    jobs = {"sla-timer" if kind == "service" else f"sla-timer-{kind}" for kind in kinds}
    scraped = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    assert {scrape["job_name"] for scrape in scraped} == jobs
    watched = {job for alert in ALERTS for job in re.findall(r'\bup\{job="([\w-]+)"\}', alert["expr"])}
    assert watched == jobs


def test_every_query_of_the_page_on_the_grace_has_a_case() -> None:
    page = (ROOT / "docs/how-to/choose-the-grace.md").read_text()
    asked = [" ".join(query.split()) for query in re.findall(r"```promql\n(.*?)```", page, re.DOTALL)]
    cases = yaml.safe_load((PROMETHEUS / "tests-of-days.yaml").read_text())["tests"]
    tests = [test["expr"] for case in cases for test in case.get("promql_expr_test", ())]
    assert asked == [" ".join(expr.split()) for expr in tests]


def test_every_recorded_series_is_used() -> None:
    dashboards = "".join(path.read_text() for path in Path(DEPLOY / "grafana/dashboards").iterdir())
    assert [name for name in recorded() if name not in str(RULES) + dashboards] == []
