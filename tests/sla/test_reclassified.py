"""What a ticket that changes its attributes owes: three rows around every boundary."""

import pytest

from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME, judge
from tests.sla.stories import LETTER, at, fact
from tests.sla.test_judge import states
from tests.sla.test_partition import Desk

# `resolution` is promised to general tickets: minor is due at 11:00, major at 13:00, the warning at 10:36.
GENERAL = fact("received", "09:00")
COMPLEX = fact("received", "09:00", complexity="complex")


def to(complexity: str, time: str, id: str | None = None) -> Fact:
    return fact("reclassified", time, id, complexity=complexity)


@pytest.mark.parametrize(
    ("back", "now", "minor"),
    [
        ("11:01", "11:00:59.999", "not_applicable"),
        ("11:01", "11:01:00.000", "breached"),
        ("11:01", "11:01:00.001", "breached"),
        ("10:59:59.999", "11:00:00.000", "running"),
        ("10:59:59.999", "11:00:00.001", "breached"),
        ("11:00:00.000", "11:00:00.000", "running"),
        ("11:00:00.000", "11:00:00.001", "breached"),
        ("11:00:00.001", "11:00:00.000", "not_applicable"),
        ("11:00:00.001", "11:00:00.001", "breached"),
    ],
)
def test_reclassifying_away_and_back_buys_nothing(back, now, minor):
    facts = [GENERAL, to("complex", "10:00"), to("general", back)]
    assert states(facts, when=at(now))["resolution/minor"] == minor


@pytest.mark.parametrize(
    ("away", "minor"),
    [("10:59:59.999", "breached"), ("11:00:00.000", "breached"), ("11:00:00.001", "breached")],
)
def test_who_comes_back_owes_what_was_due_meanwhile(away, minor):
    facts = [GENERAL, to("complex", away), to("general", "12:00")]
    found = states(facts)
    assert (found["resolution/minor"], found["resolution/major"]) == (minor, "breached")
    assert states(facts, when=at("11:59:59.999"))["resolution/minor"] == (
        "breached" if away == "11:00:00.001" else "not_applicable"
    )


@pytest.mark.parametrize(
    ("first", "minor"),
    [("10:59:59.999", "breached"), ("11:00:00.000", "breached"), ("11:00:00.001", "running")],
)
def test_a_clock_that_applies_for_the_first_time_after_the_due_instant_owes_nothing(first, minor):
    assert states([COMPLEX, to("general", first)], when=at("12:30"))["resolution/minor"] == minor


@pytest.mark.parametrize(
    ("told", "minor"),
    [("11:00:59.999", "not_applicable"), ("11:01:00.000", "not_applicable"), ("11:01:00.001", "breached")],
)
@pytest.mark.parametrize("word", ["feedback_delivered", "withdrawn"])
def test_at_its_end_a_clock_has_the_attributes_from_before_it(word, told, minor):
    facts = [GENERAL, to("complex", "10:00"), to("general", "11:01"), fact(word, told)]
    assert states(facts)["resolution/minor"] == minor


@pytest.mark.parametrize(("last", "minor"), [("complex", "not_applicable"), ("general", "breached")])
def test_what_several_facts_of_one_instant_say_is_what_the_last_says(last, minor):
    other = {"complex": "general", "general": "complex"}[last]
    facts = [GENERAL, to("complex", "10:00"), to(other, "11:30", "x-1"), to(last, "11:30", "x-2")]
    assert states(facts)["resolution/minor"] == minor


@pytest.mark.parametrize(
    ("back", "warning"),
    [("10:35:59.999", "at_risk"), ("10:36:00.000", "at_risk"), ("10:36:00.001", "at_risk")],
)
def test_a_warning_goes_by_the_same_rule(back, warning):
    facts = [GENERAL, to("complex", "10:00"), to("general", back)]
    assert states(facts, when=at("10:40"))["resolution/warning"] == warning


def test_a_team_changes_by_reassignment_as_other_attributes_do_by_reclassification():
    facts = [
        fact("received", "09:00", team="north"),
        fact("reclassified", "09:01", team="south"),  # no field of it
        fact("reassigned", "09:02", agent_id="a-1"),
        fact("reassigned", "09:03", team="west"),
    ]
    (cycle,) = judge(facts, LETTER, "default", END_OF_TIME).cycles
    instants = ("09:01", "09:02", "09:02:59.999", "09:03")
    assert [cycle.attributes_at(at(time))["team"] for time in instants] == ["north"] * 3 + ["west"]


@pytest.mark.parametrize("dated_ahead", [False, True])
def test_a_level_that_a_reclassification_makes_due_is_announced_at_once_and_is_not_late(dated_ahead):
    desk = Desk(LETTER)
    desk.tell(GENERAL, fact("response_started", "09:05"), to("complex", "10:00"), now="10:00")
    back = to("general", "11:30")
    if dated_ahead:
        desk.tell(back, now="11:20")
        assert desk.tell(now="11:29:59.999") == []
        said = desk.tell(now="11:30:00.000")
    else:
        said = desk.tell(back, now="11:30:01.000")
    assert said == ["breached resolution/minor 1"]
    (told,) = desk.step.announcements
    assert (told.due_at, told.late_detection) == (at("11:00"), False)


@pytest.mark.parametrize(
    ("now", "late"), [("11:30:05.999", False), ("11:30:06.000", False), ("11:30:06.001", True)]
)
def test_it_is_late_more_than_5_s_and_the_grace_after_the_reclassification(now, late):
    desk = Desk(LETTER)
    desk.tell(GENERAL, fact("response_started", "09:05"), to("complex", "10:00"), now="10:00")
    desk.tell(to("general", "11:30"), now=now)
    assert desk.step.announcements[-1].late_detection is late
