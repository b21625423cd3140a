"""Which breaches were taken back, by the events of the log of breaches in any order."""

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from service.report.request import Asked, Range, Zones
from service.report.retractions import Retractions
from service.sla.policy import Policies
from tests.offline.reports import AUCKLAND, BEIJING
from tests.sla.stories import LETTER

RETRACTED, BREACHED, SETTLED = "sla.breach_retracted", "sla.breached", "sla.breach_settled"


def said(revision: int, due_at: str | None = "2026-03-02T15:30:00.000Z", **changed: Any) -> dict[str, Any]:
    return {
        "breach_id": "b-1",
        "revision": revision,
        "detected_at": f"2026-03-03T00:00:0{revision}.000Z",
        "tenant": "default",
        "ticket_id": "T1",
        "customer_id": "c1",
        "cycle": 1,
        "clock": "response",
        "level": "minor",
        "due_at": due_at,
        "policy": {"id": "test", "version": 1, "sha256": "0" * 64},
        "reason": "late_fact",
        "cause": {"source": "/desk", "event_id": "e-1"},
    } | changed


def rows(
    *told: tuple[str, dict[str, Any]],
    range: Range | None = None,
    tenant: str | None = None,
    policies: Policies = LETTER,
) -> list[Any]:
    zones = Zones(None, {("test", 1): BEIJING})
    retractions = Retractions(Asked(zones, range=range or Range(), tenant=tenant), policies)
    for type_, data in told:
        retractions.add(type_, data)
    return [(row["revision"], row["undone"]) for row in retractions.rows()]


def test_a_retraction_stands_until_the_breach_is_announced_again() -> None:
    assert rows((BREACHED, said(1)), (RETRACTED, said(2))) == [(2, False)]
    again = (BREACHED, said(1)), (RETRACTED, said(2)), (BREACHED, said(3)), (RETRACTED, said(4))
    for told in permutations(again):
        assert rows(*told) == [(2, True), (4, False)]
    assert rows((RETRACTED, said(2)), (SETTLED, said(3, breach_id="b-2"))) == [(2, False)]


@pytest.mark.parametrize(
    ("due_at", "found"),
    [
        ("2026-03-02T15:59:59.999Z", 1),
        ("2026-03-02T16:00:00.000Z", 0),  # the next day in Beijing
        ("2026-03-01T15:59:59.999Z", 0),
        ("2026-03-01T16:00:00.000Z", 1),
        (None, 1),
    ],
)
def test_the_due_instant_decides_by_the_zone_of_the_clock(due_at: str | None, found: int) -> None:
    day = Range(date(2026, 3, 2), date(2026, 3, 2))
    assert len(rows((RETRACTED, said(2, due_at)), range=day)) == found


def test_a_clock_with_a_calendar_has_that_ones_days() -> None:
    (letter,) = LETTER.versions
    clocks = tuple(replace(clock, calendar=AUCKLAND) for clock in letter.clocks)
    local = Policies([replace(letter, clocks=clocks)])
    due = said(2, "2026-03-02T11:00:00.000Z")  # midnight in Auckland
    found = [
        len(rows((RETRACTED, due), range=Range(date(2026, 3, day), date(2026, 3, day)), policies=local))
        for day in (2, 3)
    ]
    assert found == [0, 1]


def test_a_policy_that_is_gone_leaves_the_zone_to_utc() -> None:
    midnight = said(2, "2026-03-02T16:00:00.000Z", policy=None)
    assert len(rows((RETRACTED, midnight), range=Range(None, date(2026, 3, 2)))) == 1


def test_another_tenants_are_left_out() -> None:
    assert rows((RETRACTED, said(2)), tenant="acme") == []
