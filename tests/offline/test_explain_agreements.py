"""Explanations where several promises hold, and where a calendar does not know a year."""

from dataclasses import replace
from datetime import UTC

from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.sla.judge import END_OF_TIME
from service.sla.policy import Policies
from tests.offline.test_explain import text
from tests.sla.stories import DAY, MIDNIGHT, MINUTE, RESPONSE, clock, fact, policy

_year = WorkingTime(LocalDays("desk", UTC, (((0, 86_400),),) * 7, official=range(2025, 2026)))
INSIDE = replace(
    policy(
        replace(clock("touch", "received", "reassigned", {"minor": 10 * MINUTE}), calendar=_year), id="inside"
    ).versions[0],
    agreement="internal",
)
BOTH = Policies([*policy(RESPONSE).versions, INSIDE])


def test_each_cycle_names_its_agreement_and_an_unknown_year_keeps_no_other_clock_from_being_explained() -> (
    None
):
    told = text([fact("received", MIDNIGHT + DAY)], BOTH, END_OF_TIME)
    assert "Cycle 1 starts with F1" in told
    assert "Cycle 1, agreement internal, starts with F1" in told
    assert "has passed and the clock has not ended: BREACHED" in told
    assert "due in a year whose days the calendar does not know, so when is unknown: running" in told
