"""JSON Schema of mapping files, for editors that complete and check while one types.

A schema sees the form of a file, so it accepts more than the checker: not whether an expression can be read,
whether a table or a rule is there, or whether a name is used before it is given. What it refuses, the checker
refuses as well.
"""

from typing import Any

from service.mapping.event_rule import FIELDS
from service.mapping.expression import LONGEST
from service.mapping.mapping_file import MAPPING, NEEDED
from service.mapping.moment import UNITS
from service.mapping.rows_file import JOINED, ROW_RULE, ROWS
from service.mapping.rule_file import EVENT, RULE, TELLING, WORDS
from service.mapping.value import Unknown
from service.mapping.value_file import CLOCK_TIME, CUTS, FIND, NAME, TESTS, TIME, VALUE
from service.strict_yaml.json_schema import NAME as IDENTIFIER
from service.strict_yaml.json_schema import TEXT, Schema, fields_schema, of, one_or_more, titled

_FILLED: Schema = {**TEXT, "minLength": 1}
_OR_NULL: Schema = {"type": [*TEXT["type"], "null"]}
_TEMPLATE: Schema = {
    "type": "string",
    "pattern": "\\{.+\\}",
    "examples": ["changelog/{changelog.id}/{item.field}"],
}
_TABLE: Schema = {"type": "object", "additionalProperties": _OR_NULL}


def _named(value: Schema) -> Schema:
    """Return the schema of names that expressions can read without quotes, with their values."""
    names = {"pattern": f"^{NAME}$", "not": {"const": "delivery"}}
    return {"type": "object", "propertyNames": names, "additionalProperties": value, "minProperties": 1}


def _refers(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_TRUE: Schema = {"enum": ["true", True]}
_EXPRESSION = _refers("expression")
_EXPRESSIONS = one_or_more(_EXPRESSION)
_VALUE = fields_schema(
    of(
        VALUE,
        {
            "read": _EXPRESSIONS,
            "replace": {"type": "object", "additionalProperties": _OR_NULL},
            "values": {"anyOf": [_FILLED, _TABLE]},
            "else": _FILLED,
            "unknown": {"enum": list(Unknown)},
        },
    ),
    ("read",),
)
_DATA_VALUE = _refers("field")
_FIND = fields_schema(of(FIND, dict.fromkeys(FIND, _EXPRESSION) | {"optional": _TRUE}), ("find", "by"))
_TIME = fields_schema(
    of(
        TIME,
        {
            "read": _EXPRESSIONS,
            "format": one_or_more(
                {**_FILLED, "examples": ["rfc3339", "unix_s", "unix_ms", "excel", "%d.%m.%Y %H:%M"]}
            ),
            "zone": {**_FILLED, "examples": ["Asia/Shanghai", "+08:00"]},
            "cut": {"enum": list(CUTS)},
            "none": {"anyOf": [_OR_NULL, {"type": "array", "items": _OR_NULL, "minItems": 1}]},
            "date_at": {"type": "string", "pattern": f"^({CLOCK_TIME})$"},
            "plus": {
                **fields_schema(dict.fromkeys(UNITS, _EXPRESSION)),
                "minProperties": 1,
                "maxProperties": 1,
            },
        },
    ),
    ("read",),
)
_TEST: Schema = {
    "anyOf": [
        _OR_NULL,
        {"type": "array", "items": _OR_NULL, "minItems": 1},
        {
            **fields_schema(
                {
                    name: _refers("test")
                    if name == "not"
                    else _EXPRESSION
                    if "_" in name
                    else one_or_more(_FILLED)
                    for name in TESTS
                }
            ),
            "minProperties": 1,
            "maxProperties": 1,
        },
    ]
}
_WHEN: Schema = {"type": "object", "additionalProperties": _refers("test")}
_READ: Schema = {"anyOf": [_EXPRESSION, _refers("value")]}
_WITH = _named({"anyOf": [_EXPRESSION, _refers("value"), _FIND]})
_MOMENT: Schema = {"anyOf": [_EXPRESSIONS, _refers("time")]}
_EVENT_ID: Schema = {
    "anyOf": [
        _DATA_VALUE,
        fields_schema({"id": _TEMPLATE}, ("id",)),
        fields_schema({"id_of": _FILLED}, ("id_of",)),
    ]
}


def _data(word: str) -> Schema:
    fields = {name: _EVENT_ID if name == "event_id" else _DATA_VALUE for name in FIELDS[word]}
    return {"properties": {"event": {"const": word}, "data": fields_schema(fields)}}


# The fields of `data` depend on the event.
_OF_WORDS: Schema = {
    "allOf": [
        {"if": {"required": ["event"], "properties": {"event": {"const": word}}}, "then": _data(word)}
        for word in WORDS
    ]
}
_PARTS: dict[str, Any] = {
    "rule": _FILLED,
    "when": _refers("when"),
    "each": {**_named(_EXPRESSION), "maxProperties": 1},
    "with": _refers("with"),
    "ticket": _READ,
    "id": _TEMPLATE,
    "time": _refers("moment"),
    "event": {"enum": list(WORDS)},
    "data": {"type": "object"},
    "history": _FILLED,
    "endpoint": _FILLED,
    "headers": {"type": "object", "additionalProperties": _FILLED},
    "body": {"$ref": "#/$defs/shape", "type": "object"},
}
_EVENT: Schema = {
    "anyOf": [
        {"enum": list(WORDS)},
        {**fields_schema(of(EVENT, _PARTS), ("event",)), **_refers("of_word")},
    ]
}
_RULE: Schema = {
    **fields_schema(of(RULE, _PARTS | {"events": one_or_more(_EVENT)})),
    "oneOf": [
        {"required": ["event"]},
        {"required": ["events"], "not": {"required": ["data"]}},
    ],
    **_refers("of_word"),
}
_TELLING: Schema = fields_schema(of(TELLING, _PARTS | {"each": _named(_EXPRESSION)}), ("body",))

_COLUMNS = _named({"type": ["string", "integer"], "minLength": 1, "minimum": 1, "not": {"const": "0"}})
_ROW_RULE: Schema = {
    **fields_schema(
        of(
            ROW_RULE,
            _PARTS
            | {
                "events": one_or_more(_EVENT),
                "once": _TRUE,
                "until_next": {"enum": list(WORDS)},
            },
        )
    ),
    "oneOf": _RULE["oneOf"],
    **_refers("of_word"),
}
_ROWS: Schema = fields_schema(
    of(
        ROWS,
        {
            "columns": _COLUMNS,
            "delimiter": {"type": "string", "pattern": "^(.|tab)$", "examples": [";", "tab"]},
            "encoding": {**_FILLED, "examples": ["utf-8", "gb18030", "cp1252"]},
            "files": _named(fields_schema(of(JOINED, {"file": _FILLED, "columns": _COLUMNS}), JOINED)),
            "ticket": _READ,
            "time": _refers("moment"),
            "id": _TEMPLATE,
            "rules": {"type": "array", "items": _ROW_RULE, "minItems": 1},
        },
    ),
    ("columns", "rules"),
)


def mapping_schema() -> Schema:
    """Return the schema of a mapping file."""
    fields = {
        "mapping": IDENTIFIER,
        "source": {**IDENTIFIER, "examples": ["/desk/jira"]},
        "tenant": _DATA_VALUE,
        "ticket": _READ,
        "tables": {"type": "object", "additionalProperties": _TABLE},
        "deliveries": {"type": "array", "items": _RULE, "minItems": 1},
        "history": {"type": "array", "items": _TELLING},
        "rows": _ROWS,
    }
    definitions = {
        "expression": {**_FILLED, "maxLength": LONGEST, "examples": ["issue.fields.created"]},
        "field": {"anyOf": [_FILLED, _refers("value")]},
        "when": _WHEN,
        "with": _WITH,
        "moment": _MOMENT,
        "of_word": _OF_WORDS,
        "value": _VALUE,
        "time": _TIME,
        "test": _TEST,
        "shape": {"anyOf": [_EXPRESSION, {"type": "object", "additionalProperties": _refers("shape")}]},
    }
    sections = {"anyOf": [{"required": ["deliveries"]}, {"required": ["rows"]}]}
    schema = {**fields_schema(of(MAPPING, fields), NEEDED), **sections, "$defs": definitions}
    return titled("A mapping of sla-timer", schema)
