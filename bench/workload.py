"""The traffic that is measured: tickets of three events each, a ticket's events far apart in the log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from schemas.instant import written

BEGIN = 1_772_409_600_000  # ms: 2026-03-02T00:00:00Z; before any clock that the measurement reads
BETWEEN = 20_000  # records between two events of a ticket
BATCH = 10_000  # tickets that begin before the first of them goes on
STEPS = ("received", "response_started", "feedback_delivered")
AFTER = (0, 5 * 60_000, 60 * 60_000)  # ms after the receipt

Headers = list[tuple[str, bytes]]
HEADERS_STRUCTURED: Headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a ticket. `time` in ms."""

    ticket: str
    step: int
    time: int
    customer: str
    channel: str


def events(tickets: int, *, seed: int = 1, begin: int = BEGIN) -> Iterator[Event]:
    """Three events for each of `tickets`, in the order they are published; answered and solved in time.

    Groups of tickets go through their steps together, so that other tickets' events lie between.
    """
    random = Random(seed)
    group = max(BETWEEN, BATCH)
    for first in range(0, tickets, group):
        numbers = range(first, min(first + group, tickets))
        people = [(random.randrange(50_000), random.choice(("online", "phone", "email"))) for _ in numbers]
        for step, after in enumerate(AFTER):
            for number, (customer, channel) in zip(numbers, people, strict=True):
                yield Event(f"T-{number:08}", step, begin + number + after, f"C-{customer}", channel)


def data(event: Event) -> dict[str, str]:
    """What the event says besides its envelope."""
    if event.step == 0:
        return {"customer_id": event.customer, "channel": event.channel, "complexity": "general"}
    return {"by": "agent", "agent_id": "A-17"} if event.step == 1 else {}


def structured(event: Event) -> bytes:
    """The event as a structured CloudEvent."""
    return json.dumps({**_envelope(event), "data": data(event)}).encode()


def binary(event: Event) -> tuple[bytes, Headers]:
    """The event's data, and its attributes as headers of a binary CloudEvent."""
    headers = [(f"ce_{name}", text.encode()) for name, text in _envelope(event).items()]
    return json.dumps(data(event)).encode(), [("content-type", b"application/json"), *headers]


def _envelope(event: Event) -> dict[str, str]:
    return {
        "specversion": "1.0",
        "id": f"{event.ticket}-{event.step}",
        "source": "/bench/desk",
        "type": f"complaint.{STEPS[event.step]}",
        "subject": event.ticket,
        "time": written(event.time),
    }
