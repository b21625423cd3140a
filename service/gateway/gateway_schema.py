"""JSON Schema of files of sources, for editors that complete and check while one types.

A schema sees one file, so it accepts more than the checker: not whether a mapping or a secret can be read,
or whether another file has the endpoint. What it refuses, the checker refuses as well.
"""

from service.gateway.gateway_file import ENDPOINT, FILE, SIZE, SOURCE
from service.gateway.proof_file import HEADER, SIGNATURE, TIMESTAMP, TOKEN
from service.gateway.signature import ALGORITHMS, BODY, ENCODINGS, KEY_ENCODINGS, TIME_FORMATS
from service.strict_yaml.json_schema import NAME, TEXT, Schema, fields_schema, of, one_or_more, titled

_HEADER: Schema = {"type": ["string", "number", "boolean"], "pattern": f"^{HEADER.pattern}$"}
_DURATION: Schema = {"type": "string", "examples": ["90s", "5m", "72h"]}
_TIMESTAMP = fields_schema(
    of(
        TIMESTAMP,
        {
            "header": _HEADER,
            "format": {"enum": list(TIME_FORMATS)},
            "tolerance": {"anyOf": [{"const": "none"}, _DURATION]},
        },
    ),
    ("header", "format"),
)
_SIGNATURE = fields_schema(
    of(
        SIGNATURE,
        {
            "header": _HEADER,
            "algorithm": {"enum": list(ALGORITHMS)},
            "encoding": {"enum": list(ENCODINGS)},
            "prefix": TEXT,
            "separator": TEXT,
            "signed": {"type": "array", "items": TEXT, "contains": {"const": BODY}, "minItems": 1},
            "timestamp": _TIMESTAMP,
            "secret_encoding": {"enum": list(KEY_ENCODINGS)},
            "challenge": TEXT,
        },
    ),
    ("header", "algorithm", "encoding", "signed"),
)
_TOKEN = fields_schema(
    of(TOKEN, {"header": _HEADER, "prefix": TEXT, "encoding": {"enum": list(KEY_ENCODINGS)}}), ("header",)
)
_SOURCE: Schema = {
    **fields_schema(
        of(
            SOURCE,
            {
                "mapping": TEXT,
                "tenant": NAME,
                "signature": _SIGNATURE,
                "token": _TOKEN,
                "secrets": one_or_more(TEXT),
                "limit": {"type": "string", "pattern": f"^{SIZE.pattern}$", "examples": ["1MiB"]},
                "quiet_after": _DURATION,
                "delivery_id": _HEADER,
            },
        ),
        ("mapping",),
    ),
    "not": {"required": ["signature", "token"]},
    "dependentRequired": {"signature": ["secrets"], "token": ["secrets"]},
}


def gateway_schema() -> Schema:
    """Return the schema of a file of sources."""
    sources: Schema = {
        "type": "object",
        "propertyNames": {"pattern": f"^{ENDPOINT.pattern}$"},
        "additionalProperties": _SOURCE,
        "minProperties": 1,
    }
    return titled("Sources of sla-timer's gateway", fields_schema(of(FILE, {"sources": sources}), FILE))
