"""The AsyncAPI document: every topic that others use, every event on it; sound, says the official parser."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.catalog import MODELS
from service.kafka.topics.lifecycle import STRUCTURED
from service.processes.asyncapi import document
from tests.gateway.house import House
from tests.gateway.samples import PRODUCTS, samples

CHECK = Path(__file__).parents[2] / "build" / "asyncapi"  # where `make asyncapi` puts the parser


@pytest.fixture
def described() -> Any:
    return json.loads(document("x.", "1.2.3"))


def test_every_event_is_on_exactly_one_channel(described: Any) -> None:
    on = [kind for channel in described["channels"].values() for kind in channel["messages"]]
    assert sorted(on) == sorted([*MODELS, "complaint-structured", "rejected", "undeliverable"])


def test_the_service_s_own_state_is_nobody_s_business(described: Any) -> None:
    assert not {"sla.tickets", "sla.desks", "sla.policies"} & described["channels"].keys()


def test_what_we_read_we_receive_and_the_rest_we_send(described: Any) -> None:
    assert {
        name: (operation["action"], [tag["name"] for tag in operation["tags"]])
        for name, operation in described["operations"].items()
    } == {
        "receive complaints.lifecycle": ("receive", ["service"]),
        "receive support.channels": ("receive", ["service"]),
        "send sla.breaches": ("send", ["service"]),
        "send sla.clocks": ("send", ["service"]),
        "send complaints.rejected": ("send", ["service"]),
        "send complaints.lifecycle": ("send", ["gateway"]),
        "send complaints.undeliverable": ("send", ["gateway"]),
    }


async def test_what_the_gateway_publishes_is_the_message_that_it_sends(
    described: Any, tmp_path: Path
) -> None:
    message = message_of(described, "send complaints.lifecycle")
    assert [(name, shape["const"].encode()) for name, shape in message["headers"]["properties"].items()] == [
        *STRUCTURED
    ]
    payload = validator(described, message["payload"])
    house = House(tmp_path)
    for sample in (one for product in PRODUCTS for one in samples(product)):
        await house.send(f"/hooks/{sample.endpoint}", sample.body, sample.signed(house.now))
    assert len(house.log.events) > 20
    for _, value in house.log.events:
        payload.validate(json.loads(value))
        assert not payload.is_valid(json.loads(value) | {"type": "complaint.of_a_later_version"})


async def test_a_dead_letter_has_the_headers_that_its_message_names(described: Any, tmp_path: Path) -> None:
    message = message_of(described, "send complaints.undeliverable")
    headers = validator(described, message["headers"])
    house = House(tmp_path)
    sample = next(samples("zammad"))
    for body in (b"{", b"[]", b'{"ticket": {"number": "1"}}'):  # not JSON; nothing to map; no id
        bad = replace(sample, body=body)
        await house.send("/hooks/zammad", body, bad.signed(house.now))
    names: set[str] = set()
    for _, _, lines in house.log.letters:
        headers.validate({name: text.decode() for name, text in lines})
        names |= {name for name, _ in lines}
    (theirs,) = message["headers"]["patternProperties"]
    assert {name for name in names if not re.search(theirs, name)} == set(message["headers"]["properties"])


def message_of(described: Any, operation: str) -> Any:
    """The one message of an operation."""
    (reference,) = described["operations"][operation]["messages"]
    return at(described, at(described, reference["$ref"])["$ref"])


def at(described: Any, reference: str) -> Any:
    """What a reference leads to."""
    place = described
    for step in reference.removeprefix("#/").split("/"):
        place = place[step]
    return place


def validator(described: Any, schema: Any) -> Draft202012Validator:
    """A validator of a schema that refers to others of the document."""
    return Draft202012Validator(schema | {"components": described["components"]})


def test_every_reference_leads_somewhere(described: Any) -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(part) for part in value.values()))
        return set().union(*(references(part) for part in value)) if isinstance(value, list) else set()

    for reference in references(described):
        at(described, reference)


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
