"""Dashboards: every panel says what it shows, in which unit, and what it means when there is nothing."""

import json

import pytest
import yaml

from tests.ops.queries import DEPLOY, as_grafana_sends, panels, recorded, selectors, shown

GRAFANA = DEPLOY / "grafana"
PANELS = list(panels())
NAMES = [f"{file}: {panel['title']}" for file, panel in PANELS]


@pytest.mark.parametrize(("file", "panel"), PANELS, ids=NAMES)
def test_every_panel_has_a_description_a_unit_and_words_for_nothing(file: str, panel: dict) -> None:
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["noValue"]


@pytest.mark.parametrize(("file", "panel"), PANELS, ids=NAMES)
def test_every_query_asks_for_series_and_labels_that_are_there(file: str, panel: dict) -> None:
    known = shown() | recorded()
    known |= {"up": set(), "ALERTS": {"alertname", "alertstate"}}
    for target in panel["targets"]:
        asked = selectors(as_grafana_sends(target["expr"], "sla-timer"))
        assert asked
        for name, labels in asked:
            assert name in known
            assert "job" in labels
            assert labels <= known[name] | {"job", "instance"}


def test_there_are_two_dashboards_that_name_each_other() -> None:
    found = {path.stem: json.loads(path.read_text()) for path in (GRAFANA / "dashboards").glob("*.json")}
    assert found.keys() == {"promise", "machine"}
    for one, other in (("promise", "machine"), ("machine", "promise")):
        assert f"/d/{found[other]['uid']}?" in found[one]["links"][0]["url"]
        ids = [panel["id"] for panel in found[one]["panels"]]
        assert len(ids) == len(set(ids))


def test_no_panel_lies_on_another_one() -> None:
    for path in (GRAFANA / "dashboards").glob("*.json"):
        taken: set[tuple[int, int]] = set()
        for panel in json.loads(path.read_text())["panels"]:
            place = panel["gridPos"]
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            assert not cells & taken
            assert max(x for x, _ in cells) < 24
            taken |= cells


def test_every_metric_of_the_service_can_be_seen_on_a_panel() -> None:
    asked = {
        name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        for _, panel in PANELS
        for target in panel["targets"]
        for name, _ in selectors(as_grafana_sends(target["expr"], "sla-timer"))
    }
    series = {
        name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        for name in shown()
        if not name.endswith("_created")
    }
    # The time a restore still takes is there only while one goes on.
    assert series - asked == {"sla_restore_remaining_seconds"}


def test_the_data_source_is_the_one_that_is_provisioned() -> None:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    scrape = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    assert source["type"] == "prometheus"
    assert source["jsonData"]["timeInterval"] == scrape
