"""Sample deliveries of help desks, mapped by the files in mappings/."""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from service.mapping.delivery import Delivery
from service.mapping.mapped import Event
from service.mapping.mapping import Mapping
from service.mapping.mapping_file import read_mapping

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"
DESKS = (
    "zammad",
    "zendesk",
    "jira",
    "gitlab",
    "chatwoot",
    "glpi",
    "servicenow",
    "freshdesk",
    "frappe",
    "generic",
)


@cache
def mapping(desk: str) -> Mapping:
    return read_mapping(ROOT / "mappings" / f"{desk}.yaml")


@cache
def deliveries(desk: str) -> tuple[tuple[Delivery, int], ...]:
    """Each delivery, and how many events it adds to those before it."""
    return tuple(
        (Delivery(one["body"], one["headers"], one.get("endpoint", desk)), one["new_events"])
        for one in lines(SAMPLES / desk / "deliveries.jsonl")
    )


def good(desk: str) -> list[Delivery]:
    """The deliveries that can be mapped: an object, or any body where the mapping takes one."""
    return [
        delivery
        for delivery, _ in deliveries(desk)
        if isinstance(delivery.body, dict) or mapping(desk).takes_any_body
    ]


def history(desk: str) -> Any:
    return json.loads((SAMPLES / desk / "history.json").read_text(encoding="utf-8"))


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def known(events: Iterable[Event]) -> dict[str, Event]:
    """The events by id. The same id with other contents is an error."""
    found: dict[str, Event] = {}
    for event in events:
        assert found.setdefault(event["id"], event) == event
    return found


def contents(events: Iterable[Event]) -> Counter[str]:
    """What the events say, without their ids; a void names the type and ticket of what it voids."""
    by_id = known(events)
    return Counter(
        json.dumps(
            {
                "type": event["type"],
                "subject": event["subject"],
                "time": event["time"],
                "data": {name: _named(name, value, by_id) for name, value in event["data"].items()},
            },
            sort_keys=True,
        )
        for event in by_id.values()
    )


def expected(desk: str, name: str = "expected") -> Counter[str]:
    return Counter(json.dumps(one, sort_keys=True) for one in lines(SAMPLES / desk / f"{name}.jsonl"))


def _named(name: str, value: Any, by_id: dict[str, Event]) -> Any:
    if name != "event_id":
        return value
    return {"id_of": {"type": by_id[value]["type"], "subject": by_id[value]["subject"]}}
