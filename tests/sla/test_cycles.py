"""Where cycles begin: what a reopening waits for, and a ticket whose first fact is a reopening."""

import sys
from collections.abc import Sequence
from types import FrameType

import pytest

from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME, Judgement, judge
from service.sla.policy import Policies
from tests.sla.stories import COMPLEX, HOUR, LETTER, MINUTE, RESOLUTION, at, clock, fact, policy
from tests.sla.test_judge import states

REOPENED = at("10:00")


def judged(*facts: object, policies: Policies = LETTER) -> Judgement:
    return judge(facts, policies, "default", END_OF_TIME)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reclassified", "cycles"),
    [("08:59:59.999", 2), ("09:00:00.000", 2), ("09:00:00.001", 1)],
)
def test_a_reopening_waits_for_each_clock_that_applied_at_any_instant(reclassified, cycles):
    """`resolution` is for general tickets: who is complex from the receipt on never owed it."""
    found = judged(
        fact("received", "09:00"),
        fact("reclassified", reclassified, complexity="complex"),
        fact("preliminary_solution_provided", "09:20"),
        fact("reopened", "10:00"),
    )
    assert [cycle.number for cycle in found.cycles] == list(range(1, cycles + 1))


@pytest.mark.parametrize("told", ["09:59:59.999", "10:00:00.000", "10:00:00.001"])
def test_it_waits_until_that_clock_has_ended_although_it_applies_no_more(told):
    found = judged(
        fact("received", "09:00"),
        fact("reclassified", "09:10", complexity="complex"),
        fact("feedback_delivered", told),
        fact("reopened", "10:00"),
    )
    assert len(found.cycles) == (1 if told == "10:00:00.001" else 2)


@pytest.mark.parametrize(("closed", "cycles"), [(False, 1), (True, 2)])
def test_without_such_a_clock_it_waits_for_the_end_of_the_cycle(closed, cycles):
    only_complex = policy(RESOLUTION, match=COMPLEX)
    ended = [fact("closed", "09:30")] if closed else []
    found = judged(fact("received", "09:00"), *ended, fact("reopened", "10:00"), policies=only_complex)
    assert len(found.cycles) == cycles


def test_a_reopening_with_neither_receipt_nor_refusal_starts_the_first_cycle_and_names_it():
    found = judged(fact("reopened", "10:00", customer_id="c-9"), fact("response_started", "10:10"))
    (cycle,) = found.cycles
    assert (cycle.number, cycle.started_at, cycle.attributes["customer_id"]) == (REOPENED, REOPENED, "c-9")
    assert states([fact("reopened", "10:00")], cycle=REOPENED)["response/minor"] == "breached"


def test_later_cycles_count_on_from_it():
    found = judged(fact("reopened", "10:00"), fact("feedback_delivered", "10:10"), fact("reopened", "11:00"))
    assert [cycle.number for cycle in found.cycles] == [REOPENED, REOPENED + 1]


@pytest.mark.parametrize("word", ["received", "refused"])
@pytest.mark.parametrize("when", ["09:00", "11:00"])
def test_a_receipt_or_a_refusal_at_any_time_takes_its_place(word, when):
    found = judged(fact("reopened", "10:00", region="north"), fact(word, when, customer_id="c-1"))
    (cycle,) = found.cycles
    assert (cycle.number, cycle.started_at) == (1, at(when))
    assert "region" not in cycle.attributes


def test_of_the_facts_before_it_only_the_attributes_count():
    found = judged(
        fact("paused", "09:00"),
        fact("response_started", "09:10"),
        fact("withdrawn", "09:15"),
        fact("reclassified", "09:20", complexity="complex", region="north", priority="p1"),
        fact("reassigned", "09:30", team="west"),
        fact("reopened", "10:00", priority="p2"),
    )
    (cycle,) = found.cycles
    assert cycle.attributes == {
        "complexity": "complex",
        "region": "north",
        "priority": "p2",
        "team": "west",
    }
    assert cycle.is_steady
    assert not cycle.was_paused
    assert {str(state) for run in found.runs for state in run.states} == {
        "at_risk",
        "breached",
        "not_applicable",
    }


def test_they_choose_the_policy_as_well():
    strict = policy(clock("answer", "received", "closed", {"minor": MINUTE}), id="strict", match=COMPLEX)
    both = Policies([*LETTER.versions, *strict.versions])
    facts = [fact("reclassified", "09:20", complexity="complex"), fact("reopened", "10:00")]
    assert [run.clock.name for run in judged(*facts, policies=both).runs] == ["answer"]


def test_a_clock_that_stops_by_reclassification_is_not_stopped_by_one_before_the_reopening():
    triage = policy(clock("triage", "received", "reclassified", {"minor": HOUR}))
    facts = [fact("reclassified", "09:20", region="north"), fact("reopened", "10:00")]
    (run,) = judged(*facts, policies=triage).runs
    assert run.stopped_at is None


def calls(facts: Sequence[Fact]) -> int:
    """How many Python functions are called to judge these facts."""
    counted = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        judged(*facts)
    finally:
        sys.setprofile(None)
    return counted


def test_reopenings_that_start_nothing_do_not_search_all_changes_before_them():
    """Or a ticket with as many facts as one may have would hold up all others."""

    def story(many: int) -> list[Fact]:
        said = [fact("received", "09:00")]
        for number in range(many):
            complexity = ("complex", "general")[number % 2]
            said.append(fact("reclassified", at("09:01") + 2 * number, complexity=complexity))
            said.append(fact("reopened", at("09:01") + 2 * number + 1))
        return said

    few, many = calls(story(100)), calls(story(400))
    assert len(judged(*story(400)).cycles) == 1
    assert many < 5 * few
