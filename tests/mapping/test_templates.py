"""The bodies that the how-to pages tell desks to send are those of the samples, and give the same events."""

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined

from service.mapping.delivery import Delivery
from tests.mapping.desks import ROOT, good, mapping

PLACEHOLDERS = {  # of Freshdesk, and the field of a sample that each fills
    "ticket.id": "ticket",
    "ticket.created_on": "at",
    "ticket.modified_on": "at",
    "ticket.status_changed_on": "at",
    "ticket.requester.id": "requester",
    "ticket.source": "source",
    "ticket.ticket_type": "type",
    "ticket.priority": "priority",
    "ticket.status": "status",
}
DOCUMENTS = {  # of Frappe: the field of a document, and that of a sample
    "created": {"name": "ticket"},
    "version": {"docname": "ticket", "data": "changes"},
    "communication": {"reference_name": "ticket"},
    "deleted": {"name": "ticket"},
}
STATES = ("waits", "goes_on", "resolved", "closed", "reopened")
ENDS = ("withdrawn", "merged", "deleted")


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / "how-to" / f"connect-{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def events(desk: str, body: object) -> list[dict[str, Any]]:
    return list(mapping(desk).of_delivery(Delivery(body)).events)


def bodies(desk: str) -> Iterator[dict[str, Any]]:
    for delivery in good(desk):
        assert isinstance(delivery.body, dict)
        yield delivery.body


def kinds_of(template: dict[str, str]) -> tuple[str, ...]:
    """The kinds that share a template, as the page says."""
    kind = template["kind"]
    if kind == "goes_on":
        return STATES[1:]
    return ENDS if kind == "withdrawn" else (kind,)


def test_a_template_of_freshdesk_gives_what_the_sample_gives() -> None:
    left = {body["kind"] for body in bodies("freshdesk")} - {"note"}
    for template in map(json.loads, blocks("freshdesk", "json")):
        for kind in kinds_of(template):
            left.discard(kind)
            samples = [body for body in bodies("freshdesk") if body["kind"] == kind]
            assert samples
            for sample in samples:
                body = {
                    name: sample[PLACEHOLDERS[said.strip("{}")]] if said.startswith("{{") else sample[name]
                    for name, said in template.items()
                }
                assert events("freshdesk", body) == events("freshdesk", sample)
                assert events("freshdesk", body)
    assert left == set()


@pytest.mark.parametrize("template", blocks("frappe", "jinja"), ids=["created", "version", "said", "deleted"])
def test_a_template_of_frappe_makes_the_bodies_of_the_samples(template: str) -> None:
    (kind,) = re.findall(r'"kind": "(\w+)"', template)
    samples = [body for body in bodies("frappe") if body["kind"] == kind]
    assert samples
    for sample in samples:
        document = {**sample, **{name: sample[said] for name, said in DOCUMENTS[kind].items()}}
        if kind == "version":
            document["data"] = json.dumps(document["data"])
        merged = SimpleNamespace(get_value=lambda *_, of=sample: of["is_merged"])
        frappe = SimpleNamespace(db=merged)
        by = Environment(undefined=StrictUndefined, autoescape=False).from_string(template)
        assert json.loads(by.render(doc=document, frappe=frappe)) == sample


def test_the_examples_of_own_events_are_taken() -> None:
    given = [event for block in blocks("anything", "json") for event in events("generic", json.loads(block))]
    assert [event["type"] for event in given] == [
        "complaint.received",
        "complaint.paused",
        "complaint.resumed",
    ]


def test_the_script_of_servicenow_builds_the_fields_of_the_samples() -> None:
    (script,) = blocks("servicenow", "js")
    names = set(re.findall(r"(\w+):", script)) | set(re.findall(r"'(\w+)'", script))
    for body in bodies("servicenow"):
        if "event" not in body:
            continue
        read = {"event", "mod_count", "at", *body["incident"], *body["current"], *(body["comment"] or ())}
        assert read - names == set()
