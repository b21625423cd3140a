"""Golden examples: what was published once is read for ever."""

import json

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from schemas.catalog import EXAMPLES, JSON_SCHEMAS, MODELS, file_name, json_schema
from schemas.channels import CHANNEL_EVENT
from schemas.complaints import COMPLAINT_EVENT
from schemas.sla import SLA_EVENT
from service.sla.announcement import Type
from service.sla.facts import Kind

FAMILIES = {"complaint": COMPLAINT_EVENT, "channel": CHANNEL_EVENT, "sla": SLA_EVENT}


# Also those that older software wrote.
ALL = sorted(EXAMPLES.rglob("*.json"))


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_every_example_is_read_by_the_model_of_its_type_and_keeps_every_field(path):
    said = json.loads(path.read_text(encoding="utf-8"))
    family: TypeAdapter = FAMILIES[said["type"].partition(".")[0]]

    event = family.validate_python(said)

    assert isinstance(event, MODELS[said["type"]])
    kept = event.model_dump(mode="json", exclude_unset=True)
    assert kept["data"] == said["data"]
    assert kept.keys() == said.keys() - {"datacontenttype"}


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_every_example_matches_its_json_schema(path):
    Draft202012Validator(
        json.loads((JSON_SCHEMAS / path.name).read_text(encoding="utf-8")),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    ).validate(json.loads(path.read_text(encoding="utf-8")))


def test_each_type_has_a_schema_and_an_example_and_nothing_else_does():
    names = {file_name(name) for name in MODELS}

    assert {path.name for path in JSON_SCHEMAS.iterdir()} == names
    assert {path.name for path in EXAMPLES.glob("*.json")} == names


@pytest.mark.parametrize("type", MODELS)
def test_published_json_schemas_are_those_of_the_models(type):
    published = (JSON_SCHEMAS / file_name(type)).read_text(encoding="utf-8")

    assert published == json_schema(type), "run: python -m schemas"


def test_the_contract_has_the_kinds_of_facts_in_their_order_and_the_types_of_announcements():
    complaints = [name for name in MODELS if name.startswith("complaint.")]

    assert complaints == [f"complaint.{kind.word}" for kind in Kind]
    assert {name for name in MODELS if name.startswith("sla.")} == {*Type, "sla.progress"}


def test_events_cannot_be_changed():
    event = COMPLAINT_EVENT.validate_json((EXAMPLES / file_name("complaint.merged")).read_bytes())

    with pytest.raises(ValidationError, match="frozen"):
        event.subject = "T-2"
    with pytest.raises(ValidationError, match="frozen"):
        event.data.into = "T-2"
