"""JSON Schema of tariff files, for editors that complete and check while one types.

A schema knows one file and no other, so it accepts more than the checker: not whether a file of accounts is
there, a rate hides another, or terms share days. What it refuses, the checker refuses as well.
"""

from service.ledger.accounts_file import TERMS
from service.ledger.money import DIGITS, Rounding
from service.ledger.tariff_file import CAP, GRACE, MOST_PERCENT, NEEDED, RATE, TARIFF
from service.strict_yaml.json_schema import NAME, TEXT, Schema, fields_schema, of, one_or_more, titled

_PLAIN_NAME: Schema = {"type": ["string", "integer"], "pattern": "^[A-Za-z0-9_-]{1,128}$"}
_WHOLE: Schema = {"type": ["string", "integer"], "pattern": "^[1-9][0-9]{0,8}$", "minimum": 1}
_DECIMAL: Schema = {
    "type": ["string", "number"],
    "pattern": "^[0-9]{1,13}(\\.[0-9]{1,9})?$",
    "minimum": 0,
    "examples": ["50.00", "1250"],
}
_PERCENT: Schema = {
    "type": ["string", "number"],
    "pattern": f"^(?=.*[1-9])0*({MOST_PERCENT}(\\.0{{1,9}})?|[0-9]{{1,3}}(\\.[0-9]{{1,9}})?)$",
    "exclusiveMinimum": 0,
    "maximum": MOST_PERCENT,
    "examples": ["5", "12.5"],
}
_CURRENCY: Schema = {"$ref": "#/$defs/currency"}
_PRICES: Schema = {"$ref": "#/$defs/prices"}
_DURATION: Schema = {
    "type": "string",
    "pattern": "^([0-9.,]+(h|m|s|ms))+$|^PT([0-9.,]+[HMS])+$",
    "examples": ["1h", "30m"],
}
_INSTANT: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt].*([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    "examples": ["2026-01-01T00:00:00+08:00"],
}
_DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-10-01"]}
_ACCOUNT = "^[^\\s@/]+/[^\\s@]+$"
_EITHER: Schema = {
    "oneOf": [{"required": ["amount"]}, {"required": ["percent"]}],
}
_RATE: Schema = {
    **fields_schema(
        of(
            RATE,
            {
                "policy": one_or_more(NAME),
                "clock": one_or_more(_PLAIN_NAME),
                "level": one_or_more(_PLAIN_NAME),
                "tenant": one_or_more(NAME),
                "amount": _PRICES,
                "percent": _PERCENT,
                "per": _DURATION,
                "max": _PRICES,
            },
        )
    ),
    **_EITHER,
    "if": {"required": ["max"]},
    "then": {"anyOf": [{"required": ["per"]}, {"required": ["percent"]}]},
}
_CAP: Schema = {**fields_schema(of(CAP, {"amount": _PRICES, "percent": _PERCENT})), **_EITHER}
_GRACE: Schema = fields_schema(
    of(GRACE, {"count": {**_WHOLE, "pattern": "^[1-9][0-9]{0,5}$"}, "levels": one_or_more(_PLAIN_NAME)}),
    GRACE,
)
_TERMS: Schema = fields_schema(
    of(TERMS, {"currency": _CURRENCY, "monthly_fee": _DECIMAL, "from": _DAY, "until": _DAY}), ("currency",)
)


def tariff_schema() -> Schema:
    """Return the schema of a tariff file."""
    fields = {
        "tariff": NAME,
        "version": _WHOLE,
        "effective_from": _INSTANT,
        "rounding": {"enum": list(Rounding)},
        "rates": {"type": "array", "items": _RATE, "minItems": 1},
        "cap": _CAP,
        "grace": {"type": "array", "items": _GRACE},
        "accounts": {
            "anyOf": [
                {**TEXT, "examples": ["accounts.csv"]},
                {**_by_account(one_or_more(_TERMS)), "minProperties": 1},
            ]
        },
        "desks": _by_account(one_or_more({"type": "string", "pattern": _ACCOUNT})),
    }
    definitions = {
        "currency": {"enum": sorted(DIGITS)},
        "prices": {
            "type": "object",
            "propertyNames": _CURRENCY,
            "additionalProperties": _DECIMAL,
            "minProperties": 1,
            "examples": [{"CNY": "50.00"}],
        },
    }
    schema = {**fields_schema(of(TARIFF, fields), NEEDED), "$defs": definitions}
    return titled("A tariff of sla-timer", schema)


def _by_account(value: Schema) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": _ACCOUNT},
        "additionalProperties": value,
    }
