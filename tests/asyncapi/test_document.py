"""The AsyncAPI document: every topic that others use, every event on it; sound, says the official parser."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from schemas.catalog import MODELS
from service.processes.asyncapi import document

CHECK = Path(__file__).parents[2] / "build" / "asyncapi"  # where `make asyncapi` puts the parser


@pytest.fixture
def described() -> Any:
    return json.loads(document("x.", "1.2.3"))


def test_every_event_is_on_exactly_one_channel(described: Any) -> None:
    on = [kind for channel in described["channels"].values() for kind in channel["messages"]]
    assert sorted(on) == sorted([*MODELS, "rejected"])


def test_the_service_s_own_state_is_nobody_s_business(described: Any) -> None:
    assert not {"sla.tickets", "sla.desks", "sla.policies"} & described["channels"].keys()


def test_what_we_read_we_receive_and_the_rest_we_send(described: Any) -> None:
    assert {name: operation["action"] for name, operation in described["operations"].items()} == {
        "receive complaints.lifecycle": "receive",
        "receive support.channels": "receive",
        "send sla.breaches": "send",
        "send sla.clocks": "send",
        "send complaints.rejected": "send",
    }


def test_every_reference_leads_somewhere(described: Any) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(part) for part in value.values()))
        return set().union(*(references(part) for part in value)) if isinstance(value, list) else set()

    for reference in references(described):
        place = described
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.skipif(
    not (shutil.which("node") and (CHECK / "node_modules").is_dir()),
    reason="needs Node, and `make asyncapi` once",
)
def test_the_official_parser_finds_nothing_wrong() -> None:
    checked = subprocess.run(
        ["node", "check.mjs"],
        cwd=CHECK,
        input=document("x.", "1.2.3"),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout.decode()
