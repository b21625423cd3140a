"""Writes the JSON Schema of every type to schemas/json, and removes files of unknown types."""

from schemas.catalog import JSON_SCHEMAS, MODELS, file_name, json_schema

JSON_SCHEMAS.mkdir(exist_ok=True)
for stray in set(JSON_SCHEMAS.iterdir()) - {JSON_SCHEMAS / file_name(name) for name in MODELS}:
    stray.unlink()
for name in MODELS:
    (JSON_SCHEMAS / file_name(name)).write_text(json_schema(name), encoding="utf-8")
