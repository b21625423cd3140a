"""Words for telling what an export holds and what is read from it."""

import io
import json
from pathlib import Path
from typing import Any

from service.mapping.mapping import Mapping
from service.mapping.mapping_file import read_mapping_bytes
from service.offline.export_file import exported_lines
from service.offline.json_lines import JsonLine, LineProblem
from service.sla.state import key

PROJECT = Path(__file__).parents[2]
HELPDESK = PROJECT / "mappings" / "helpdesk.yaml"
SAMPLE = Path(__file__).parent / "data" / "export.csv"

MEANS = {"means": {"read": "what", "values": "actions"}}
RECEIPT: dict[str, Any] = {
    "rule": "receipt",
    "once": "true",
    "with": MEANS,
    "event": "received",
    "data": {"customer_id": {"read": "who"}, "channel": "phone"},
}
ROWS: dict[str, Any] = {
    "columns": {"ticket": "ticket", "what": "what", "when": "when", "who": "who"},
    "ticket": "ticket",
    "time": {"read": "when", "format": "%d.%m.%Y %H:%M", "zone": "Europe/Rome"},
    "rules": [
        RECEIPT,
        {
            "rule": "actions",
            "with": MEANS,
            "events": [
                {"event": "response_started", "when": {"means": "response_started"}},
                {"event": "resolved", "when": {"means": "told"}},
                {"event": "feedback_delivered", "when": {"means": "told"}},
            ],
        },
        {
            "rule": "wait",
            "when": {"what": "waits"},
            "event": "paused",
            "data": {"reason": "customer"},
            "until_next": "resumed",
        },
    ],
}
ACTIONS = {"opened": "nothing", "answered": "response_started", "waits": "nothing", "solved and told": "told"}
HEADER = "ticket,what,when,who"


def mapping(rows: dict[str, Any] | None = None, **changed: Any) -> Mapping:
    """The small mapping with some of its fields of rows, or of the file, replaced."""
    said = {"mapping": "small", "source": "/small", "tables": {"actions": ACTIONS}}
    fields = {name: value for name, value in {**ROWS, **(rows or {})}.items() if value is not None}
    said |= {"rows": fields, **changed}
    return read_mapping_bytes("small.yaml", json.dumps(said, ensure_ascii=False).encode())


def read(
    by: Mapping, *rows: str, header: str = HEADER, name: str = "export.csv"
) -> tuple[list[dict[str, Any]], list[str]]:
    """The events of an export with these rows, and what is said of rows that are none.

    Tickets with an unreadable row are left out, as by `tickets` in event_file.py.
    """
    stream = io.BytesIO("\n".join((header, *rows, "")).encode())
    found = list(exported_lines(Path(name), stream, by))
    problems = [line for line in found if isinstance(line, LineProblem)]
    unreadable = {problem.ticket for problem in problems}
    events = [json.loads(line.record) for line in found if isinstance(line, JsonLine)]
    kept = [event for event in events if key(event["tenant"], event["subject"]) not in unreadable]
    return kept, [problem.at(name) for problem in problems]


def short(event: dict[str, Any]) -> str:
    """`T1 09:00 received`, in UTC."""
    return f"{event['subject']} {event['time'][11:16]} {event['type'].removeprefix('complaint.')}"
