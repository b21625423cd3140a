"""Histories full of corners, through `simulate --clocks`."""

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.offline.simulate import simulate
from service.policy.directory import read_policies
from service.sla.judge import END_OF_TIME, judge
from service.sla.policy import Policies
from service.sla.state import names
from tests.naive.cases import CONFORMANCE

STORIES = CONFORMANCE.with_name("stories.json")

Row = dict[str, Any]


def test_every_history_gives_the_levels_that_two_other_judges_gave(tmp_path: Path) -> None:
    content = json.loads(CONFORMANCE.read_text(encoding="utf-8"))
    write(tmp_path, [content["policy"]], "policy")
    found, told = levels(tmp_path, content["cases"])
    assert told == ""
    for case in content["cases"]:
        assert found.pop(case["id"], []) == ordered(case["expected"]), case["id"]
    assert not found


def test_every_story_gives_the_levels_that_an_independent_judge_gave(tmp_path: Path) -> None:
    content = json.loads(STORIES.read_text(encoding="utf-8"))
    (tmp_path / "calendars").mkdir()
    write(tmp_path, content["policies"], "policy")
    write(tmp_path / "calendars", content["calendars"], "calendar")
    found, told = levels(tmp_path, content["cases"])
    assert len(content["cases"]) == 80
    assert "standard input:1: data.channel: counts as other" in told
    policies = read_policies(tmp_path).policies
    for case in content["cases"]:
        judges = {}
        for row in case["expected"]:
            chosen = row.pop("policy"), row.pop("version"), row.pop("agreement")
            judges[row["cycle"], row["clock"]] = chosen
        assert found.pop(case["id"], []) == ordered(case["expected"]), case["id"]
        assert chosen_in(case["events"], policies) == judges, case["id"]
    assert not found


def chosen_in(events: Iterable[Row], policies: Policies) -> dict[tuple[int, str], tuple[str, int, str]]:
    """By cycle and clock: the id, version and agreement of the policy."""
    read = [decode_json(json.dumps(event).encode()) for event in events]
    facts = [one for one in read if not isinstance(one, Rejection)]
    tenant, _ = names(facts[0][0])
    return {
        (run.cycle.number, run.clock.name): (run.policy.id, run.policy.version, run.policy.agreement)
        for run in judge([fact for _, fact in facts], policies, tenant, END_OF_TIME).runs
    }


def write(directory: Path, documents: Iterable[Row], name: str) -> None:
    for document in documents:
        file = directory / f"{document[name]}{document.get('version', '')}.yaml"
        if name == "calendar":
            file = directory / f"{document[name]}.yaml"
        file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def levels(policies: Path, cases: Iterable[Row]) -> tuple[dict[str, list[Row]], str]:
    """By ticket: the levels of its clocks; and what was said on stderr."""
    events = "".join(json.dumps(event) + "\n" for case in cases for event in case["events"])
    out, err = io.StringIO(), io.StringIO()
    code = simulate(
        "-",
        policies=read_policies(policies).policies,
        clocks=True,
        stdin=io.BytesIO(events.encode()),
        out=out,
        err=err,
    )
    assert code == 0, err.getvalue()
    found: dict[str, list[Row]] = {}
    for line in out.getvalue().splitlines():
        row = json.loads(line)
        del row["tenant"]
        found.setdefault(row.pop("ticket_id"), []).append(row)
    return {ticket: ordered(rows) for ticket, rows in found.items()}, err.getvalue()


def ordered(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["cycle"], row["clock"], row["level"]))
