"""Made-up complaints: answered on time, late, or never. The same seed gives the same complaints."""

import heapq
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from schemas.instant import written

EVERY_MS = 1_500  # from one complaint to the next, on average
OUT_EVERY, OUT_AFTER = 40, 20  # seconds: the phone is silent in the second half of each period
CHANNELS = ("online", "phone", "email", "other")
# What becomes of ten tickets.
FATES = ("on time",) * 4 + ("late",) * 3 + ("recorded late",) + ("never answered",) * 2


@dataclass(frozen=True, order=True)
class DemoEvent:
    """One event of a ticket. `published` and `happened` are ms since the traffic began."""

    published: int
    number: int  # the order among events of one instant
    happened: int = field(compare=False)
    ticket: str = field(compare=False)
    type: str = field(compare=False)
    data: dict[str, str] = field(compare=False)


def traffic(seed: int) -> Iterator[DemoEvent]:
    """Yield the events of tickets without end, in the order of their publication."""
    random = Random(seed)
    pending: list[DemoEvent] = []
    began = 0
    for ticket in itertools.count(1):
        for happening in _ticket(random, f"T-{ticket:04}", began):
            heapq.heappush(pending, happening)
        began += round(random.uniform(0.3, 1.7) * EVERY_MS)
        while pending and pending[0].published <= began:
            yield heapq.heappop(pending)


def heartbeats() -> Iterator[DemoEvent]:
    """Yield heartbeats of the support desk without end: one a second on two channels.

    The phone is silent now and then.
    """
    for second in itertools.count():
        for number, channel in enumerate(("online", "phone")):
            if channel == "online" or second % OUT_EVERY < OUT_AFTER:
                instant = 1_000 * second
                yield DemoEvent(instant, number, instant, "support", "heartbeat", {"channel": channel})


def record(happening: DemoEvent, began_at: int) -> bytes:
    """Return the event as a structured CloudEvent. `began_at` (ms): when the traffic began."""
    event = {
        "specversion": "1.0",
        "id": f"{happening.ticket}-{happening.happened}-{happening.number}",
        "source": "demo/desk",
        "type": f"{'channel' if happening.type == 'heartbeat' else 'complaint'}.{happening.type}",
        "subject": happening.ticket,
        "time": written(began_at + happening.happened),
        "datacontenttype": "application/json",
        "data": happening.data,
    }
    return json.dumps(event).encode()


def _ticket(random: Random, ticket: str, began: int) -> Iterator[DemoEvent]:
    """Yield all events of a ticket. A tenth of a second stands for a minute of letter 1."""
    fate = random.choice(FATES)
    complexity = random.choice(("general", "general", "complex"))
    yield DemoEvent(
        began,
        0,
        began,
        ticket,
        "received",
        {
            "customer_id": f"C-{random.randrange(100):02}",
            "channel": random.choice(CHANNELS),
            "complexity": complexity,
        },
    )
    if fate == "never answered":
        return
    late = fate == "late"
    response = began + random.randrange(3_200, 9_000) if late else began + random.randrange(300, 2_800)
    # An agent answered in time, but the desk's system recorded it four seconds later.
    told = 4_000 if fate == "recorded late" else 0
    yield DemoEvent(response + told, 1, response, ticket, "response_started", {"by": "agent"})
    if complexity == "complex":
        solution = response + (random.randrange(22_000, 30_000) if late else random.randrange(4_000, 12_000))
        yield DemoEvent(solution, 2, solution, ticket, "preliminary_solution_provided", {})
    else:
        solution = response + (random.randrange(10_000, 24_000) if late else random.randrange(4_100, 7_000))
    yield DemoEvent(solution + 500, 3, solution + 500, ticket, "resolved", {})
    yield DemoEvent(solution + 1_500, 4, solution + 1_500, ticket, "feedback_delivered", {})
