"""Parts of JSON Schemas of YAML files, for editors that complete and check while one types."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

# A scalar stays as it is written, whatever type YAML gives it.
TEXT: Schema = {"type": ["string", "number", "boolean"]}
NAME: Schema = {"type": ["string", "number", "boolean"], "pattern": "^[^\\s@]{1,128}$"}


def titled(title: str, schema: Schema) -> Schema:
    """Return the schema of a whole file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}


def fields_schema(fields: Schema, needed: Sequence[str] = ()) -> Schema:
    """Return the schema of a mapping with these fields and no other."""
    return {
        "type": "object",
        "properties": dict(fields),
        "additionalProperties": False,
        **({"required": list(needed)} if needed else {}),
    }


def of(names: Sequence[str], fields: Schema) -> Schema:
    """Return the fields with these names: a name without a schema is an error."""
    return {name: fields[name] for name in names}


def one_or_more(value: Schema) -> Schema:
    """Return the schema of a value, or of a list of such values."""
    return {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}
