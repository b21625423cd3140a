"""Alertmanager: who is told of what, and what need not be told."""

import json

import pytest
import yaml

from tests.ops.debian import said
from tests.ops.queries import DEPLOY

FILE = DEPLOY / "alertmanager" / "alertmanager.yml"


def test_alertmanager_takes_the_configuration() -> None:
    assert "SUCCESS" in said("amtool", "check-config", FILE)


@pytest.mark.parametrize(("severity", "receiver"), [("critical", "pager"), ("warning", "mailbox")])
def test_only_what_is_critical_wakes_somebody(severity: str, receiver: str) -> None:
    route = said(
        "amtool", "config", "routes", "test", f"--config.file={FILE}", f"severity={severity}", "job=sla-timer"
    )
    assert route.splitlines()[-1] == receiver


def test_partitions_and_processes_that_suffer_the_same_are_one_notification() -> None:
    assert yaml.safe_load(FILE.read_text())["route"]["group_by"] == ["job", "alertname", "severity"]


def test_an_alert_as_a_line() -> None:
    namespace: dict = {}
    exec(compile((DEPLOY / "alertmanager/receiver.py").read_text(), "receiver.py", "exec"), namespace)
    alert = {"status": "firing", "labels": {"alertname": "SlaBreaches"}, "annotations": {"summary": "第一"}}
    (line,) = namespace["lines"]("pager", {"alerts": [alert]})
    assert json.loads(line) == {
        "receiver": "pager",
        "status": "firing",
        "alertname": "SlaBreaches",
        "summary": "第一",
    }
