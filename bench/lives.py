"""Short lives of tickets, without end: they come, are answered in time or late, and go."""

import heapq
from collections.abc import Iterator
from random import Random

from service.demo.traffic import CHANNELS, DemoEvent

EVERY = 800  # ms from one ticket to the next
STEPS = 4  # events of a ticket
WATCHED = "W-1"  # comes first, has a long history within a minute, and is never answered
ASSIGNMENTS = 30  # of the watched one


def lives(seed: int = 1) -> Iterator[DemoEvent]:
    """In the order in which they are published; by the demo's policy some 40 tickets are open at once."""
    random, pending, number = Random(seed), list(_watched()), 0
    while True:
        began = EVERY * number
        number += 1
        for happening in _life(random, f"T-{number:06}", began):
            heapq.heappush(pending, happening)
        while pending[0].published <= began:
            yield heapq.heappop(pending)


def _life(random: Random, ticket: str, began: int) -> Iterator[DemoEvent]:
    """Deadlines lapse 3 and 6 s after the receipt (response), 12 and 24 s after it (resolution)."""
    answered = began + random.randrange(500, 8_000)
    solved = began + random.randrange(9_000, 55_000)
    received = {"customer_id": f"C-{random.randrange(100):02}", "channel": random.choice(CHANNELS)}
    yield _happening(began, 0, ticket, "received", received)
    yield _happening(answered, 1, ticket, "response_started", {"by": "agent"})
    yield _happening(solved - 500, 2, ticket, "resolved", {})
    yield _happening(solved, 3, ticket, "feedback_delivered", {})


def _watched() -> Iterator[DemoEvent]:
    yield _happening(0, 0, WATCHED, "received", {"customer_id": "C-00", "channel": "phone"})
    for number in range(1, ASSIGNMENTS + 1):
        yield _happening(1_000 + number, number, WATCHED, "reassigned", {"team": f"team-{number}"})


def _happening(at: int, number: int, ticket: str, kind: str, data: dict[str, str]) -> DemoEvent:
    return DemoEvent(at, number, at, ticket, kind, data)
