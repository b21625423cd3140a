"""Writes the generated pages and the schemas of files: `python -m tests.reference.generate`."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from service.gateway.gateway_schema import gateway_schema
from service.ledger.tariff_schema import tariff_schema
from service.mapping.mapping_schema import mapping_schema
from service.policy.file_schema import calendar_schema, policy_schema
from tests.reference.cli import commands
from tests.reference.events import events_in, events_out
from tests.reference.metrics import metrics
from tests.reference.settings import settings
from tests.reference.topics import topics

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
FILE_SCHEMAS = Path(__file__).parents[2] / "schemas" / "files"

PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": commands,
    "events-in.md": events_in,
    "events-out.md": events_out,
    "metrics.md": metrics,
    "settings.md": settings,
    "topics.md": topics,
}

SCHEMAS: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "policy.json": policy_schema,
    "calendar.json": calendar_schema,
    "mapping.json": mapping_schema,
    "gateway.json": gateway_schema,
    "tariff.json": tariff_schema,
}


def written(schema: Mapping[str, Any]) -> str:
    """As it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, generate in PAGES.items():
        (REFERENCE / name).write_text(generate(), encoding="utf-8")
    FILE_SCHEMAS.mkdir(exist_ok=True)
    for name, schema in SCHEMAS.items():
        (FILE_SCHEMAS / name).write_text(written(schema()), encoding="utf-8")
