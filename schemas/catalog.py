"""The event types of this version of the contract, with their models and JSON Schemas."""

import json
from pathlib import Path
from typing import get_args

from schemas.channels import ChannelEvent
from schemas.complaints import ComplaintEvent
from schemas.envelope import Event
from schemas.sla import SlaEvent

VERSION = 1  # of every type; it is part of the names of schemas and examples
JSON_SCHEMAS = Path(__file__).parent / "json"
EXAMPLES = Path(__file__).parent / "examples"


def type_of(model: type[Event]) -> str:
    """Return the `type` of the events of `model`."""
    return str(get_args(model.model_fields["type"].annotation)[0])


def _members(union: object) -> tuple[type[Event], ...]:
    return get_args(get_args(union)[0])  # Annotated[A | B, …]


MODELS: dict[str, type[Event]] = {
    type_of(model): model for union in (ComplaintEvent, ChannelEvent, SlaEvent) for model in _members(union)
}


def file_name(type: str) -> str:
    """Return the file name of a type's schema and example."""
    return f"{type}-{VERSION}.json"


def json_schema(type: str) -> str:
    """Return the JSON Schema of a type's events in structured mode, as in its file."""
    # For readers: an event out has every field, an event in may leave out fields with a default.
    schema = MODELS[type].model_json_schema(mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = type
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
