"""Histories full of corners, through `simulate --clocks`."""

import io
import json
from pathlib import Path
from typing import Any

import yaml

from service.offline.simulate import simulate
from service.policy.directory import read_policies
from tests.naive.cases import AHEAD, CONFORMANCE


def test_every_history_gives_the_levels_that_two_other_judges_gave(tmp_path: Path) -> None:
    content = json.loads(CONFORMANCE.read_text(encoding="utf-8"))
    (tmp_path / "policy.yaml").write_text(
        yaml.safe_dump(content["policy"], sort_keys=False), encoding="utf-8"
    )
    events = "".join(json.dumps(event) + "\n" for case in content["cases"] for event in case["events"])
    out, err = io.StringIO(), io.StringIO()
    code = simulate(
        "-",
        policies=read_policies(tmp_path).policies,
        clocks=True,
        stdin=io.BytesIO(events.encode()),
        out=out,
        err=err,
    )
    assert (code, err.getvalue()) == (0, "")
    found: dict[str, list[dict[str, Any]]] = {}
    for line in out.getvalue().splitlines():
        row = json.loads(line)
        assert row.pop("tenant") == "default"
        found.setdefault(row.pop("ticket_id"), []).append(row)
    for case in content["cases"]:
        agrees = sorted(found.pop(case["id"], []), key=_level) == sorted(case["expected"], key=_level)
        assert agrees == (case["id"] not in AHEAD), case["id"]
    assert not found


def _level(row: dict[str, Any]) -> tuple[int, str, str]:
    return row["cycle"], row["clock"], row["level"]
