"""Two promises for one ticket: each is judged as if there were no other. And tickets that nobody promised."""

from dataclasses import replace

import pytest

from service.sla.judge import END_OF_TIME, judge
from service.sla.policy import Policies, Policy
from tests.sla.stories import COMPLEX, DAY, HOUR, LETTER, MINUTE, at, clock, fact, policy
from tests.sla.test_partition import Desk

(_letter,) = LETTER.versions
TOUCH = clock("touch", "received", "response_started reassigned", {"minor": 10 * MINUTE})
CLOSING = clock("closing", "received", "closed", {"minor": 8 * HOUR})
INTERNAL = replace(policy(TOUCH, CLOSING, id="internal").versions[0], agreement="internal")
BOTH = Policies([_letter, INTERNAL])
FACTS = [
    fact("received", "09:00"),
    fact("response_started", "09:20"),
    fact("feedback_delivered", "09:30"),
    fact("reopened", "10:00"),
    fact("closed", "11:00"),
]


def rows(policies: Policies) -> list[tuple[str, int, str, int | None, list[str]]]:
    return [
        (run.policy.agreement, run.cycle.number, run.clock.name, run.stopped_at, list(map(str, run.states)))
        for run in judge(FACTS, policies, "default", END_OF_TIME).runs
    ]


def test_each_agreement_is_judged_as_if_there_were_no_other():
    assert rows(BOTH) == rows(LETTER) + rows(Policies([INTERNAL]))
    # For the letter the reopening starts a second cycle; inside, the ticket was not closed yet.
    assert {row[:2] for row in rows(BOTH)} == {("default", 1), ("default", 2), ("internal", 1)}


def test_the_announcements_of_both_stand_side_by_side_and_survive_a_restart():
    desk = Desk(BOTH)
    desk.tell(*FACTS[:1], now="09:00")
    assert desk.tell(now="09:11") == ["breached touch/minor 1"]
    desk.restart()
    assert desk.tell(now="09:31") == ["breached response/minor 1"]
    assert desk.tell(*FACTS[1:2], now="09:32") == [
        "met response/- 1",
        "breach_settled touch/minor 2",
        "breach_retracted response/minor 2",
    ]


def exempting(agreement: str) -> Policy:
    return Policy("spared", 1, "0" * 64, 0, {}, COMPLEX, (), agreement=agreement, exempt=True)


@pytest.mark.parametrize(
    ("complexity", "clocks"),
    [
        ("general", {"response", "resolution", "preliminary_solution", "touch", "closing"}),
        ("complex", {"response", "resolution", "preliminary_solution"}),
    ],
)
def test_an_exemption_is_of_its_agreement_only(complexity, clocks):
    policies = Policies([*BOTH.versions, exempting("internal")])
    found = judge([fact("received", "09:00", complexity=complexity)], policies, "default", END_OF_TIME)
    assert {run.clock.name for run in found.runs} == clocks


def test_cycles_without_a_policy_and_exempt_ones_are_counted_by_agreement():
    only_complex = replace(INTERNAL, match=COMPLEX)
    desk = Desk(Policies([exempting("default"), replace(_letter, match=COMPLEX, id="a"), only_complex][1:]))
    desk.tell(fact("received", "09:00"), now="09:00")
    assert (desk.step.unjudged, desk.step.exempt) == (["default", "internal"], [])
    desk = Desk(Policies([exempting("default"), INTERNAL]))
    desk.tell(fact("received", "09:00", complexity="complex"), now="09:00")
    assert (desk.step.unjudged, desk.step.exempt) == ([], ["default"])


def test_a_reopening_of_an_exempt_cycle_waits_for_its_end():
    policies = Policies([exempting("default")])
    facts = [fact("received", "09:00", complexity="complex"), fact("reopened", "10:00")]
    assert len(judge(facts, policies, "default", END_OF_TIME).cycles) == 1
    facts.insert(1, fact("closed", "09:30"))
    assert len(judge(facts, policies, "default", END_OF_TIME).cycles) == 2


def silent(agreement: str = "default") -> Policies:
    pausing = clock("answer", "received", "response_started", {"minor": DAY}, pauses=True)
    plain = policy(pausing, stalled_after=20 * MINUTE).versions[0]
    return Policies([replace(plain, held_after_ms=HOUR, agreement=agreement)])


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("10:10:00.000", []),
        ("10:10:00.001", ["at_risk activity/warning-held 1"]),
        ("10:30", ["at_risk activity/warning-held 1"]),
    ],
)
def test_a_ticket_that_is_paused_for_too_long_is_warned_of(now, said):
    desk = Desk(silent())
    desk.tell(fact("received", "09:00"), fact("paused", "09:10"), now="09:10")
    assert desk.tell(now=now) == said


def test_the_next_fact_takes_the_warning_back_and_a_running_clock_is_warned_of_by_the_other_rule():
    desk = Desk(silent())
    desk.tell(fact("received", "09:00"), fact("paused", "09:10"), now="09:10")
    desk.tell(now="10:11")
    assert desk.tell(fact("resumed", "10:20"), now="10:20") == ["corrected activity/warning-held 2"]
    assert desk.tell(now="10:41") == ["at_risk activity/warning 1"]


def test_the_pseudo_clock_of_another_agreement_has_another_name():
    desk = Desk(silent("internal"))
    desk.tell(fact("received", "09:00"), now="09:00")
    assert desk.tell(now="09:21") == ["at_risk activity@internal/warning 1"]
    assert desk.tell(fact("paused", "09:21"), now="09:22") == ["corrected activity@internal/warning 2"]
    assert at("09:21") + HOUR < at("10:22")
    assert desk.tell(now="10:22") == ["at_risk activity@internal/warning-held 1"]


def test_a_ticket_is_not_held_while_any_clock_runs():
    pausing = clock("answer", "received", "response_started", {"minor": DAY}, pauses=True)
    running = clock("result", "received", "feedback_delivered", {"minor": DAY})
    held = replace(policy(pausing, running).versions[0], held_after_ms=HOUR)
    desk = Desk(Policies([held]))
    desk.tell(fact("received", "09:00"), fact("paused", "09:10"), now="09:10")
    assert desk.tell(now="10:11") == []
    assert desk.tell(fact("feedback_delivered", "10:20"), now="10:20") == ["met answer/- 1", "met result/- 1"]


def test_a_retraction_names_the_policy_of_its_own_agreement():
    north = replace(INTERNAL, match=(("region", frozenset({"north"})),))
    desk = Desk(Policies([_letter, north]))
    desk.tell(fact("received", "09:00", region="north"), now="09:00")
    assert desk.tell(now="09:11") == ["breached touch/minor 1"]
    desk.tell(fact("received", "08:59"), now="09:12")  # now no policy of the agreement fits
    (taken_back,) = [one for one in desk.step.announcements if one.clock == "touch"]
    assert (taken_back.type, taken_back.policy) == ("sla.breach_retracted", None)


def test_a_reassignment_is_told_as_a_reclassification_by_the_reason():
    of_north = policy(
        clock("answer", "received", "response_started", {"minor": HOUR}, (("team", frozenset({"north"})),))
    )
    desk = Desk(of_north)
    desk.tell(fact("received", "09:00", team="north"), now="09:00")
    assert desk.tell(now="10:01") == ["breached answer/minor 1"]
    assert desk.tell(fact("reassigned", "09:30", team="west"), now="10:02") == [
        "breach_retracted answer/minor 2"
    ]
    assert desk.step.announcements[0].reason == "reclassified"
