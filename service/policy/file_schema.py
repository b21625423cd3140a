"""JSON Schemas of policy and calendar files, for editors that complete and check while one types.

A schema knows one file and no other, so it accepts more than the checker: not whether a calendar is there,
whether levels ascend, or whether two policies tie. What it refuses, the checker refuses as well.
"""

from collections.abc import Sequence
from typing import Any

from schemas.complaints import CHANNELS, COMPLEXITIES
from service.policy.calendar_file import CALENDAR
from service.policy.desk_file import DESK_CLOCK, DESK_POLICY
from service.policy.policy_file import CLOCK, NO_STARTS, NO_STOPS, NOT_EXEMPT, POLICY, WHEN
from service.sla.calendar.local_days import WEEKDAYS
from service.sla.facts import Kind
from service.strict_yaml.json_schema import NAME, TEXT, Schema, fields_schema, of, one_or_more, titled

_PLAIN_NAME: Schema = {"type": ["string", "integer"], "pattern": "^[A-Za-z0-9_-]{1,128}$"}
_WHOLE: Schema = {"type": ["string", "integer"], "pattern": "^[1-9][0-9]{0,8}$", "minimum": 1}
_DURATION: Schema = {
    "type": "string",
    "pattern": "^([0-9.,]+(h|m|s|ms))+$|^PT([0-9.,]+[HMS])+$",
    "examples": ["90s", "30m", "1h30m", "PT30M"],
}
_AFTER: Schema = {
    "anyOf": [
        _DURATION,
        {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?%$", "examples": ["80%"]},
        {"type": "string", "pattern": "^[0-9]+ working days?$", "examples": ["3 working days"]},
    ]
}
_INSTANT: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].*([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    "examples": ["2026-01-01T00:00:00+08:00"],
}
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$|^24:00(:00)?$"
_WINDOWS: Schema = {
    "type": "array",
    "items": {
        "type": "array",
        "items": {"type": "string", "pattern": _TIME},
        "minItems": 2,
        "maxItems": 2,
    },
}
_YEARS: Schema = {
    "type": "array",
    "items": {"type": ["string", "integer"], "pattern": "^[0-9]{4}$"},
    "minItems": 1,
}
_CLOSED = {"channel": CHANNELS, "complexity": COMPLEXITIES}


def policy_schema() -> Schema:
    """Return the schema of a policy file, for tickets or for support desks."""
    return titled(
        "A policy of sla-timer",
        {
            "if": {"required": ["desks"]},
            "then": fields_schema(
                of(DESK_POLICY, _FIELDS | {"clocks": _clocks(_DESK_CLOCK)}),
                ("policy", "version", "effective_from", "clocks", "heartbeat_timeout"),
            ),
            "else": {
                **fields_schema(
                    of(POLICY, _FIELDS | {"clocks": _clocks(_CLOCK), "match": _condition(("tenant", *WHEN))}),
                    ("policy", "version", "effective_from"),
                ),
                "if": {"required": ["exempt"]},
                "then": {"not": {"anyOf": [{"required": [field]} for field in NOT_EXEMPT]}},
                "else": {"required": ["clocks"]},
            },
        },
    )


def calendar_schema() -> Schema:
    """Return the schema of a calendar file."""
    fields = {
        "calendar": NAME,
        "timezone": {**TEXT, "examples": ["Asia/Shanghai"]},
        "week": fields_schema(dict.fromkeys(WEEKDAYS, _WINDOWS)),
        "holidays": {
            "type": "array",
            "items": {
                "type": "string",
                "pattern": f"^{_DATE}(\\.\\.{_DATE})?$|^[0-9]{{2}}-[0-9]{{2}}$",
                "examples": ["2026-10-01", "2026-10-01..2026-10-07", "12-25"],
            },
        },
        "working_days": _by_date({"enum": list(WEEKDAYS)}),
        "hours": _by_date({**_WINDOWS, "minItems": 1}),
        "official": fields_schema(
            {"country": {"type": "string", "pattern": "^[A-Z]{2}$"}, "years": _YEARS}, ("country", "years")
        ),
        "years": _YEARS,
    }
    schema = fields_schema(of(CALENDAR, fields), ("calendar", "timezone", "week"))
    return titled("A calendar of sla-timer", {**schema, "not": {"required": ["official", "years"]}})


def _by_date(value: Schema) -> Schema:
    return {
        "type": "object",
        "patternProperties": {f"^{_DATE}$": value},
        "additionalProperties": False,
    }


def _condition(keys: Sequence[str]) -> Schema:
    values = {key: {"enum": list(_CLOSED[key])} if key in _CLOSED else TEXT for key in keys}
    return fields_schema({key: one_or_more(value) for key, value in values.items()})


def _clocks(clock: Schema) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,128}$", "not": {"const": "activity"}},
        "additionalProperties": clock,
        "minProperties": 1,
    }


_LEVELS: Schema = {
    "type": "array",
    "items": fields_schema({"level": _PLAIN_NAME, "after": _AFTER}, ("level", "after")),
    "minItems": 1,
}
_WORDS = [kind.word for kind in Kind]
_CLOCK_FIELDS: Schema = {
    "clause": TEXT,
    "when": _condition(WHEN),
    "start": {"enum": [word for word in _WORDS if Kind[word.upper()] not in NO_STARTS]},
    "stop": {
        "type": "array",
        "items": {"enum": [word for word in _WORDS if Kind[word.upper()] not in NO_STOPS]},
    },
    "levels": _LEVELS,
    "pause": {"anyOf": [{"enum": ["true", "false", True, False]}, {"type": "array", "items": TEXT}]},
    "calendar": NAME,
    "min_open": {"type": ["string", "integer"], "pattern": "^[1-9][0-9]?$", "minimum": 1, "maximum": 99},
}
_CLOCK = fields_schema(of(CLOCK, _CLOCK_FIELDS), ("start", "stop", "levels"))
_DESK_CLOCK = fields_schema(of(DESK_CLOCK, _CLOCK_FIELDS), ("min_open", "levels"))
_FIELDS: dict[str, Any] = {
    "policy": NAME,
    "version": _WHOLE,
    "effective_from": _INSTANT,
    "title": fields_schema({"en": TEXT, "zh": TEXT}),
    "agreement": _PLAIN_NAME,
    "match": _condition(("tenant",)),
    "exempt": {"enum": ["true", True]},
    "calendar": NAME,
    "zone": {**TEXT, "examples": ["Asia/Shanghai"]},
    "stalled_after": _DURATION,
    "held_after": _DURATION,
    "desks": one_or_more(NAME),
    "heartbeat_timeout": _DURATION,
}
