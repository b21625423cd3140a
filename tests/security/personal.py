"""Events stuffed with what nobody may find again: a name, a phone number, an address wherever one fits."""

import json
from collections.abc import Iterator
from typing import Any

from schemas.instant import written
from service.kafka.codec.partitioner import murmur2

NEEDLES = ("Xiaoming", "138 0013 8000", "xiaoming@mail.example")
PERSON = "Zhang Xiaoming, +86 138 0013 8000, xiaoming@mail.example"

Headers = list[tuple[str, bytes]]
Sent = tuple[bytes, bytes, Headers]  # key, value, headers

_HOURS = 3_600_000  # ms
_UNKNOWN = {"name": PERSON, "contact": {"phone": PERSON, "mails": [PERSON]}, "text": PERSON, PERSON: PERSON}
_CODES = dict.fromkeys(("priority", "category", "service", "region"), PERSON)


def good(now: int) -> Iterator[Sent]:
    """Events of tickets whose deadlines lapsed hours ago, in both modes. `now` in ms."""
    for ticket in ("P-1", "P-2"):
        start = now - 6 * _HOURS
        history: list[tuple[str, dict[str, Any]]] = [
            ("received", {"customer_id": "C-1", "channel": "phone", **_CODES}),
            ("reassigned", {"team": PERSON, "agent_id": PERSON}),
            ("paused", {"reason": PERSON}),
            ("resumed", {"reason": PERSON}),
            ("reclassified", {"complexity": "general", **_CODES}),
            ("response_started", {"by": "agent", "agent_id": PERSON}),
            ("resolved", {"resolution_code": PERSON}),
            ("withdrawn", {"reason": PERSON}),
        ]
        for number, (kind, data) in enumerate(history):
            event = _event(ticket, kind, start + number * _HOURS // 2, data)
            yield _structured(event) if ticket == "P-1" else _binary(event)


def bad(now: int) -> Iterator[Sent]:
    """Records that are no event of ours; each is rejected."""
    right = _event("P-3", "received", now, {"customer_id": "C-1", "channel": "phone"})
    data = right["data"]
    yield _structured(right | {"type": PERSON})
    yield _structured(right | {"time": PERSON})
    yield _structured(right | {"id": PERSON + "\n"})
    yield _structured(right | {"tenant": PERSON})
    yield _structured(right | {"data": PERSON})
    yield _structured(right | {"data": data | {"customer_id": PERSON}})
    yield _structured(right | {"data": data | {"channel": PERSON}})
    yield _structured(right | {"type": "complaint.merged", "data": {"into": PERSON}})
    yield _structured(right | {"subject": NEEDLES[2]})
    yield NEEDLES[2].encode(), _structured(right)[1], []
    yield b"P-3", PERSON.encode(), []
    yield b"P-3", json.dumps([right, PERSON]).encode(), [("content-type", PERSON.encode())]


def partition(key: bytes, partitions: int) -> int:
    """Where the record belongs."""
    return murmur2(key, partitions)


def _event(ticket: str, kind: str, time: int, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{ticket}-{kind}",
        "source": "/desk",
        "type": f"complaint.{kind}",
        "subject": ticket,
        "time": written(time),
        "customername": PERSON,
        "dataschema": PERSON,
        "data": data | _UNKNOWN,
    }


def _structured(event: dict[str, Any]) -> Sent:
    content_type = b"application/cloudevents+json"
    return (
        event["subject"].encode(),
        json.dumps(event, ensure_ascii=False).encode(),
        [("content-type", content_type), ("x-customer", PERSON.encode())],
    )


def _binary(event: dict[str, Any]) -> Sent:
    headers = [("content-type", b"application/json"), ("x-customer", PERSON.encode()), (PERSON, b"1")]
    headers += [(f"ce_{name}", value.encode()) for name, value in event.items() if name != "data"]
    return event["subject"].encode(), json.dumps(event["data"]).encode(), headers
