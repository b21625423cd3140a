"""The pages of the events: every field of every type, from the models and their JSON Schemas."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.fields import FieldInfo

from schemas.catalog import MODELS, json_schema
from schemas.code import LONGEST, ClosedMadeFit, MadeFit
from schemas.envelope import Contract, EventIn, _DroppedWhenUnfit
from schemas.sla import Cause, CompleteUntil, EventOut, Evidence, PolicyVersion, TicketAttributes, Verdict
from schemas.topics import LIFECYCLE
from service.processes.asyncapi import RECEIVED, SENT
from tests.reference.markdown import code, codes, page, prose, table
from tests.reference.meanings import (
    ATTRIBUTES,
    CAUSE,
    DESK,
    ENVELOPE,
    ENVELOPE_OUT,
    EVIDENCE,
    IN,
    POLICY,
    PROGRESS,
    VERDICT,
)

Schema = Mapping[str, Any]

_IDENTIFIERS = 128  # characters that one may have
_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_FORMATS = {"date-time": "instant", "uuid": "UUID"}

_ABOUT = {
    "OfLevel": "a level",
    "OfClock": "a clock",
    "Verdict": "either",
    "CompleteUntil": "a partition of an input",
}

_HEAD_IN = """[events.md](events.md) says how events are published; this page lists their fields.
Each type has an example in [schemas/examples](../../schemas/examples),
and a JSON Schema in [schemas/json](../../schemas/json).

An *identifier* has 1 to 128 characters, without white space, `@` and control characters.
A *code* is a short text; see [codes](#codes).
An *instant* is a date and time of RFC 3339 with an offset, and is truncated to milliseconds.
A null counts as an absent field.
Unknown fields are dropped.

*Required*: an event without the field is rejected.
*Dropped when unfit*: a value that does not fit counts as absent, and the event is accepted.
Any other value that does not fit rejects the event."""

_CODES = """## Codes

A code is made fit before it counts, in events and in the conditions of policies:

1. A whole number becomes its text.
2. White space around the text goes, white space within becomes `_`.
3. Null, and a text of nothing but white space, count as absent.
4. What then has no 1 to 64 characters without white space, `@` and control characters, is *dropped*:
   it counts as absent. So is a text of more than three words: a sentence may hold personal data.
   Words are told by white space alone: a sentence in Chinese, or one with `_`, is not noticed.

Nothing else is made equal: upper and lower case differ, and so do `2` and `2.0`, which JSON calls a number
and which is dropped. A `channel` of `complaint.received` that would be dropped is missing, and the event is
rejected.

A `channel` that fits and is none of the four counts as `other`.
Nothing of this is silent: `sla_codes_fitted_total` counts by field and by what became of the code,
and `simulate` and `publish` name each field with the first line on standard error.
`explain` and the board's page of a ticket name it with the event."""

_HEAD_OUT = """[events.md](events.md) says how to apply these events; this page lists their fields.
Each type has an example in [schemas/examples](../../schemas/examples),
and a JSON Schema in [schemas/json](../../schemas/json).

An event out is a CloudEvent in binary mode: the attributes are headers, the value is the data.
Instants are UTC to the millisecond, such as `2026-03-02T01:31:00.250Z`.
Lengths are seconds to the millisecond, counted by the calendar of the clock.
Every field is always there; a field that may be null says so.
Records of older software have no `epoch`, `rank`, `agreement`, `zone` and `attributes`:
[earlier examples](../../schemas/examples/earlier)."""


def events_in() -> str:
    """docs/reference/events-in.md."""
    return page(
        "Events in",
        "the models in `schemas/complaints.py` and `schemas/channels.py`",
        _HEAD_IN,
        "## Attributes of every event",
        _fields(EventIn, ENVELOPE, json.loads(json_schema("complaint.received")), ("type", "data")),
        *_types_in(),
        _CODES,
    )


def events_out() -> str:
    """docs/reference/events-out.md."""
    schema = json.loads(json_schema("sla.corrected"))
    parts: list[tuple[str, type[Contract], Mapping[str, str]]] = [
        ("`policy`", PolicyVersion, POLICY),
        ("`attributes`", TicketAttributes, ATTRIBUTES),
        ("`cause`", Cause, CAUSE),
        ("Each of `evidence`", Evidence, EVIDENCE),
    ]
    return page(
        "Events out",
        "the models in `schemas/sla.py`",
        _HEAD_OUT,
        "## Types",
        table(("type", "topic", "about", "says"), _types_out()),
        "## Attributes of every event",
        _values(EventOut, ENVELOPE_OUT, schema, headers=True),
        "## Data",
        _values(Verdict, VERDICT, schema["$defs"]["Verdict"]),
        *(
            f"### {heading}\n\n{_values(model, meanings, schema['$defs'][model.__name__])}"
            for heading, model, meanings in parts
        ),
        "## Data of `sla.progress`",
        _values(CompleteUntil, PROGRESS, json.loads(json_schema("sla.progress"))["$defs"]["CompleteUntil"]),
    )


def _types_in() -> Iterator[str]:
    for topic, types in RECEIVED:
        yield f"## On `{topic.name}`"
        for name in types:
            schema = json.loads(json_schema(name))
            data: Any = MODELS[name].model_fields["data"].annotation
            heading = f"### {name}\n\n{prose(MODELS[name].__doc__)}"
            if data.model_fields:
                shape = schema["$defs"][data.__name__]
                yield f"{heading}\n\n{_fields(data, IN if topic is LIFECYCLE else DESK, shape)}"
            else:
                yield f"{heading}\n\nIt has no data."


def _types_out() -> Iterator[tuple[str, ...]]:
    for topic, types in SENT:
        for name in types:
            if name in MODELS:
                data: Any = MODELS[name].model_fields["data"].annotation
                about = _ABOUT[data.__name__]
                yield code(name), code(topic.name), about, prose(MODELS[name].__doc__)


def _fields(
    model: type[Contract], meanings: Mapping[str, str], schema: Schema, without: tuple[str, ...] = ()
) -> str:
    """Of an event in."""
    rows = [
        (code(name), _kind(schema["properties"][name]), _rule(field), meanings[name])
        for name, field in sorted(model.model_fields.items(), key=lambda item: not item[1].is_required())
        if name not in without
    ]
    return table(("field", "value", "rule", "is"), rows)


def _values(
    model: type[Contract], meanings: Mapping[str, str], schema: Schema, *, headers: bool = False
) -> str:
    """Of an event out."""
    rows = [
        (code(f"ce_{name}" if headers else name), _kind(schema["properties"][name]), meanings[name])
        for name in model.model_fields
    ]
    return table(("header" if headers else "field", "value", "is"), rows)


def _rule(field: FieldInfo) -> str:
    if any(isinstance(one, ClosedMadeFit) for one in field.metadata):
        needed = "required, " if field.is_required() else ""
        return f"{needed}made fit; another one is `other`"
    if field.is_required():
        return "required"
    if any(isinstance(one, _DroppedWhenUnfit) for one in field.metadata):
        return "dropped when unfit"
    if any(isinstance(one, MadeFit) for one in field.metadata):
        return "made fit"
    return f"{code(field.default)} when absent" if field.default else ""


def _kind(shape: Schema) -> str:
    """A value in words."""
    if "anyOf" in shape:
        return ", or ".join(_kind(one) for one in shape["anyOf"])
    if "const" in shape or "enum" in shape:
        return codes(shape.get("enum", [shape.get("const")]))
    if "$ref" in shape:
        return "an object, see below"
    if shape["type"] == "array":
        return "a list of objects, see below"
    if shape["type"] == "null":
        return "null"
    if "format" in shape:
        return _FORMATS[shape["format"]]
    return _plain(shape)


def _plain(shape: Schema) -> str:
    if shape.get("maxLength") == _IDENTIFIERS:
        return "identifier"
    if shape.get("maxLength") == LONGEST:
        return "code"
    if "pattern" in shape:
        return "text like " + code(shape["pattern"])
    low = shape.get("minimum", shape["exclusiveMinimum"] + 1 if "exclusiveMinimum" in shape else None)
    limits = "" if low is None else f" from {low}"
    return _WORDS[shape["type"]] + limits + (f" to {shape['maximum']}" if "maximum" in shape else "")
