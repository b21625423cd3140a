"""A file of a desk's past: tickets handled in time, late or never, told out of order, twice or void."""

import json
from collections.abc import Iterator
from random import Random

from schemas.instant import written

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # ms


def lines(tickets: int, *, begin: int, seed: int = 1) -> Iterator[str]:
    """CloudEvents in structured mode, a line each, of five days from `begin` (ms) on, in no order."""
    dice = Random(seed)
    found = []
    for number in range(tickets):
        ticket, start = f"T-{number}", begin + dice.randrange(5 * DAY)
        kind = dice.choice(["general", "complex"])
        who = {"customer_id": f"C-{number % 97}", "channel": dice.choice(["online", "phone"])}
        story = [("received", start, who | {"complexity": kind})]
        story.append(("response_started", start + dice.choice([10, 29, 30, 31, 61]) * MINUTE, {}))
        story.append(("preliminary_solution_provided", start + dice.randrange(6 * HOUR), {}))
        story.append(("feedback_delivered", start + dice.randrange(6 * HOUR), {}))
        story.append(("reopened", start + 7 * HOUR, {}))
        if dice.random() < 0.4:
            waits = start + dice.randrange(3 * HOUR)
            reason = dice.choice([{}, {"reason": "customer"}, {"reason": "vendor"}])
            story += [("paused", waits, reason), ("resumed", waits + dice.randrange(24 * HOUR), reason)]
        if dice.random() < 0.2:
            story.append(("voided", start + 8 * HOUR, {"event_id": f"{ticket}-1"}))
        if dice.random() < 0.2:
            story.append(("reclassified", start + dice.randrange(4 * HOUR), {"complexity": "complex"}))
        for index, (word, time, data) in enumerate(story[: dice.randrange(1, len(story) + 1)]):
            name = {"id": f"{ticket}-{index}", "source": "/desk", "subject": ticket}
            what = {"specversion": "1.0", "type": f"complaint.{word}", "time": written(time), "data": data}
            found += [json.dumps(name | what)] * dice.choice([1, 1, 1, 2])
    dice.shuffle(found)
    yield from found
