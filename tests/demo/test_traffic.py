"""Made-up complaints: legal events, in order, answered on time, late or never."""

import json
from itertools import islice

import pytest

from schemas.complaints import COMPLAINT_EVENT
from service.demo.traffic import DemoEvent, record, traffic

BEGAN_AT = 1_790_000_000_000
MANY = list(islice(traffic(seed=1), 2_000))
RESPONSE, SOLUTION = 3_000, {"general": 12_000, "complex": 24_000}  # ms: the first breach levels


def test_the_same_seed_makes_the_same_traffic():
    assert list(islice(traffic(seed=1), 2_000)) == MANY
    assert list(islice(traffic(seed=2), 2_000)) != MANY


def test_it_is_published_in_order_and_never_before_it_happened():
    assert [happening.published for happening in MANY] == sorted(happening.published for happening in MANY)
    assert all(happening.published >= happening.happened for happening in MANY)


@pytest.mark.parametrize("happening", MANY[:100], ids=lambda it: f"{it.ticket}-{it.type}")
def test_every_event_keeps_the_contract(happening):
    event = COMPLAINT_EVENT.validate_json(record(happening, BEGAN_AT))
    assert event.subject == happening.ticket
    assert json.loads(record(happening, BEGAN_AT))["id"] == event.id


def test_no_identity_is_used_twice():
    ids = [json.loads(record(happening, BEGAN_AT))["id"] for happening in MANY]
    assert len(set(ids)) == len(ids)


def test_there_are_tickets_on_time_late_never_answered_and_recorded_late():
    outcomes = {outcome(ticket) for ticket in whole_tickets()}
    assert {"on time", "late", "never answered", "recorded late"} <= outcomes
    assert {next(iter(ticket)).data["complexity"] for ticket in whole_tickets()} == {"general", "complex"}


def whole_tickets() -> list[list[DemoEvent]]:
    """Those that began long enough before the end of the sample."""
    tickets: dict[str, list[DemoEvent]] = {}
    for happening in MANY:
        tickets.setdefault(happening.ticket, []).append(happening)
    return [ticket for ticket in tickets.values() if ticket[0].published < MANY[-1].published - 60_000]


def outcome(ticket: list[DemoEvent]) -> str:
    found = {happening.type: happening for happening in ticket}
    received, response = found["received"], found.get("response_started")
    if response is None:
        return "never answered"
    complexity = received.data["complexity"]
    kind = "feedback_delivered" if complexity == "general" else "preliminary_solution_provided"
    solved_after = found[kind].happened - received.happened
    if response.happened - received.happened > RESPONSE:
        return "late" if solved_after > 0 else "nonsense"
    assert solved_after <= SOLUTION[complexity]
    return "on time" if response.published == response.happened else "recorded late"
