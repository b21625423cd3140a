"""The sums of a report are those of `simulate`, to the unit, for any histories."""

import io
import json
from collections import Counter
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.instant import written
from service.offline.simulate import simulate
from service.sla.facts import Fact, Kind
from service.sla.policy import Policies
from tests.naive.histories import Made, histories, made
from tests.offline.reports import BEIJING, reported

BREACHES = {"sla.breached", "sla.breach_settled"}


def lines(facts: list[Fact], ticket: str, tenant: str) -> list[str]:
    return [
        json.dumps(
            {
                "specversion": "1.0",
                "id": fact.id,
                "source": fact.source,
                "type": f"complaint.{Kind(fact.kind).word}",
                "subject": ticket,
                "tenant": tenant,
                "time": written(fact.time),
                "data": fact.data,
            }
        )
        for fact in facts
    ]


def simulated(events: list[str], policies: Policies, until: int, *, clocks: bool) -> list[dict[str, Any]]:
    out, err = io.StringIO(), io.StringIO()
    raw = "".join(line + "\n" for line in events).encode()
    code = simulate(
        "-", policies=policies, until=until, clocks=clocks, stdin=io.BytesIO(raw), out=out, err=err
    )
    told = [line for line in err.getvalue().splitlines() if "no policy judges any ticket" not in line]
    assert (code, told) == (int(bool(err.getvalue())), [])
    return [json.loads(line) for line in out.getvalue().splitlines()]


def day(due_at: str | None) -> str | None:
    return due_at and datetime.fromisoformat(due_at).astimezone(BEIJING).strftime("%Y-%m-%d")


@settings(max_examples=50)
@given(made(), st.lists(histories(), max_size=2))
def test_the_report_counts_what_simulate_lists(story: Made, more: list[list[Fact]]) -> None:
    events = lines(story.facts, "T0", story.tenant)
    for number, facts in enumerate(more, 1):
        events += lines(facts, f"T{number}", ("acme", "other")[number % 2])
    document = reported(*events, policies=story.policies, zone=BEIJING, until=story.at)

    expected: Counter[tuple[Any, ...]] = Counter()
    for row in simulated(events, story.policies, story.at, clocks=True):
        expected[day(row["due_at"]), row["tenant"], row["clock"], row["level"], row["state"]] += 1
    states = ("met", "breached", "at_risk", "cancelled", "not_applicable", "running", "paused")
    found = {
        (row["period"], row["tenant"], row["clock"], row["level"], state): row[state]
        for row in document["figures"]
        for state in states
        if row[state]
    }
    assert found == dict(expected)

    announced = simulated(events, story.policies, story.at, clocks=False)
    breaches = sum(row["type"] in BREACHES for row in announced)
    sections = "totals", "figures", "customers", "hours"
    assert {sum(row["breached"] for row in document[name]) for name in sections} == {breaches}
