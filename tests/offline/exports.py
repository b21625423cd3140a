"""Words for telling what an export holds and what is read from it."""

import io
import json
from pathlib import Path
from typing import Any

import yaml

from service.offline.csv_import.events import export_lines
from service.offline.csv_import.mapping import CsvMapping, read_mapping
from service.offline.json_lines import LineProblem

PROJECT = Path(__file__).parents[2]
HELPDESK = PROJECT / "mappings" / "helpdesk.yaml"
SAMPLE = Path(__file__).parent / "data" / "export.csv"

SMALL: dict[str, Any] = {
    "mapping": "small",
    "source": "/small",
    "ticket": {"column": "ticket"},
    "time": {"column": "when", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Rome"},
    "events": {
        "first": [{"event": "received", "data": {"customer_id": {"column": "who"}, "channel": "phone"}}],
        "column": "what",
        "values": {
            "opened": [],
            "answered": ["response_started"],
            "waits": [{"event": "paused", "data": {"reason": "customer"}, "until_next": "resumed"}],
            "solved and told": ["resolved", "feedback_delivered"],
        },
    },
}
HEADER = "ticket,what,when,who"


def mapping(tmp_path: Path, **changed: Any) -> CsvMapping:
    """SMALL with some of its fields replaced, through a file."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(SMALL | changed), encoding="utf-8")
    return read_mapping(path)


def read(by: CsvMapping, *rows: str, header: str = HEADER) -> tuple[list[dict[str, Any]], list[str]]:
    """The events of an export with these rows, and what is said of rows that are none."""
    stream = io.BytesIO("\n".join((header, *rows, "")).encode())
    found = list(export_lines(Path("export.csv"), stream, by))
    problems = [line.at("export.csv") for line in found if isinstance(line, LineProblem)]
    return [json.loads(line.record) for line in found if not isinstance(line, LineProblem)], problems


def short(event: dict[str, Any]) -> str:
    """`T1 09:00 received`, in UTC."""
    return f"{event['subject']} {event['time'][11:16]} {event['type'].removeprefix('complaint.')}"
