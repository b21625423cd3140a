"""The promise, as tables: what becomes of a level, by the facts."""

import pytest

from service.sla.judge import END_OF_TIME, judge
from service.sla.policy import Policies
from tests.sla.stories import (
    COMPLEX,
    HOUR,
    LETTER,
    MINUTE,
    RESPONSE,
    at,
    clock,
    fact,
    policy,
)


def states(
    facts: list, policies: Policies = LETTER, when: int = END_OF_TIME, cycle: int = 1
) -> dict[str, str]:
    """`clock/level` -> state."""
    judgement = judge(facts, policies, "default", when)
    return {
        f"{run.clock.name}/{verdict.level.name}": str(verdict.state)
        for run in judgement.runs
        if run.cycle.number == cycle
        for verdict in run.verdicts
    }


@pytest.mark.parametrize(
    ("responded", "warning", "minor", "major"),
    [
        ("09:23:59.999", "met", "met", "met"),
        ("09:24:00.000", "met", "met", "met"),
        ("09:24:00.001", "at_risk", "met", "met"),
        ("09:29:59.999", "at_risk", "met", "met"),
        ("09:30:00.000", "at_risk", "met", "met"),
        ("09:30:00.001", "at_risk", "breached", "met"),
        ("09:59:59.999", "at_risk", "breached", "met"),
        ("10:00:00.000", "at_risk", "breached", "met"),
        ("10:00:00.001", "at_risk", "breached", "breached"),
    ],
)
def test_a_response_at_its_due_instant_keeps_the_promise(responded, warning, minor, major):
    found = states([fact("received", "09:00"), fact("response_started", responded)])
    assert (found["response/warning"], found["response/minor"], found["response/major"]) == (
        warning,
        minor,
        major,
    )


@pytest.mark.parametrize(
    ("now", "minor"),
    [("09:29:59.999", "running"), ("09:30:00.000", "running"), ("09:30:00.001", "breached")],
)
def test_a_clock_without_an_end_is_breached_once_its_due_instant_has_passed(now, minor):
    assert states([fact("received", "09:00")], when=at(now))["response/minor"] == minor


@pytest.mark.parametrize(
    ("cancelled", "minor"),
    [("09:29:59.999", "cancelled"), ("09:30:00.000", "cancelled"), ("09:30:00.001", "breached")],
)
@pytest.mark.parametrize("word", ["withdrawn", "merged"])
def test_a_cancellation_up_to_the_due_instant_spares_the_clock(word, cancelled, minor):
    into = {"into": "T-2"} if word == "merged" else {}
    assert states([fact("received", "09:00"), fact(word, cancelled, **into)])["response/minor"] == minor


@pytest.mark.parametrize(
    ("reclassified", "minor"),
    [("10:59:59.999", "not_applicable"), ("11:00:00.000", "not_applicable"), ("11:00:00.001", "breached")],
)
def test_a_reclassification_up_to_the_due_instant_spares_the_clock_that_no_longer_applies(
    reclassified, minor
):
    facts = [fact("received", "09:00"), fact("reclassified", reclassified, complexity="complex")]
    assert states(facts)["resolution/minor"] == minor


@pytest.mark.parametrize("word", ["preliminary_solution_provided", "resolved", "feedback_delivered"])
def test_a_later_milestone_implies_the_response(word):
    assert states([fact("received", "09:00"), fact(word, "09:10")])["response/minor"] == "met"


def test_a_solution_is_complete_only_when_the_customer_was_told():
    facts = [fact("received", "09:00"), fact("resolved", "09:10")]
    assert states(facts)["resolution/minor"] == "breached"
    assert states([*facts, fact("feedback_delivered", "09:20")])["resolution/minor"] == "met"


@pytest.mark.parametrize(("by", "minor"), [("agent", "met"), ("bot", "breached"), ("system", "breached")])
def test_only_people_respond(by, minor):
    assert (
        states([fact("received", "09:00"), fact("response_started", "09:10", by=by)])["response/minor"]
        == minor
    )


def test_nothing_is_judged_before_there_is_a_receipt():
    assert states([fact("response_started", "09:10"), fact("feedback_delivered", "09:20")]) == {}


def test_an_event_dated_before_the_receipt_counts_as_at_its_instant():
    facts = [fact("received", "09:00"), fact("response_started", "08:50")]
    run = judge(facts, LETTER, "default", END_OF_TIME).runs[0]
    assert (run.stopped_at, states(facts)["response/minor"]) == (at("09:00"), "met")


def test_the_earliest_receipt_counts_in_whatever_order_they_come():
    early, late = fact("received", "09:00"), fact("received", "09:20")
    for facts in ([early, late], [late, early]):
        assert judge(facts, LETTER, "default", END_OF_TIME).runs[0].started_at == at("09:00")


def test_a_refusal_with_no_receipt_starts_the_clocks_of_a_receipt():
    facts = [fact("refused", "09:00", complexity="complex")]
    assert states(facts)["response/minor"] == "breached"
    assert states(facts)["preliminary_solution/major"] == "breached"


def test_a_refusal_is_breached_at_once_where_the_policy_says_so():
    refusal = policy(clock("refusal", "refused", "", {"major": 0}))
    facts = [fact("received", "08:00"), fact("refused", "09:00")]
    assert states(facts, refusal, at("09:00"))["refusal/major"] == "running"
    assert states(facts, refusal, at("09:00:00.001"))["refusal/major"] == "breached"


@pytest.mark.parametrize(
    ("resumed", "due", "minor"),
    [
        ("09:30", "09:50", "breached"),
        ("09:29", "09:49", "breached"),
        (None, None, "paused"),
    ],
)
def test_a_pause_moves_the_due_instant_by_its_length_and_an_open_one_hides_it(resumed, due, minor):
    pausing = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True))
    facts = [fact("received", "09:00"), fact("paused", "09:10")]
    if resumed:
        facts.append(fact("resumed", resumed))
    run = judge(facts, pausing, "default", END_OF_TIME).runs[0]
    assert (run.verdicts[0].due_at, str(run.verdicts[0].state)) == (due and at(due), minor)


@pytest.mark.parametrize(
    ("paused", "due"),
    [("09:29:59.999", None), ("09:30:00.000", "09:30"), ("09:30:00.001", "09:30")],
)
def test_a_target_reached_when_a_pause_begins_is_due_at_its_beginning(paused, due):
    pausing = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True))
    run = judge([fact("received", "09:00"), fact("paused", paused)], pausing, "default", END_OF_TIME).runs[0]
    assert run.verdicts[0].due_at == (due and at(due))


@pytest.mark.parametrize(
    ("reason", "counts"),
    [("customer", True), ("vendor", False), (None, False)],
)
def test_a_list_of_reasons_counts_only_pauses_that_name_one_of_them(reason, counts):
    rule = frozenset({"customer"})
    pausing = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=rule))
    named = {"reason": reason} if reason else {}
    facts = [fact("received", "09:00"), fact("paused", "09:10", **named), fact("resumed", "09:20")]
    due = judge(facts, pausing, "default", END_OF_TIME).runs[0].verdicts[0].due_at
    assert due == at("09:40" if counts else "09:30")


@pytest.mark.parametrize(
    ("reopened", "cycles"),
    [("09:19:59.999", 1), ("09:20:00.000", 2), ("09:20:00.001", 2)],
)
def test_a_reopening_starts_a_cycle_once_every_clock_of_the_receipt_has_ended(reopened, cycles):
    facts = [fact("received", "09:00"), fact("feedback_delivered", "09:20"), fact("reopened", reopened)]
    assert len(judge(facts, LETTER, "default", END_OF_TIME).cycles) == cycles


def test_attributes_carry_over_to_the_next_cycle():
    facts = [
        fact("received", "09:00"),
        fact("reclassified", "09:00", complexity="complex"),
        fact("preliminary_solution_provided", "09:20"),
        fact("reopened", "10:00"),
    ]
    assert states(facts, cycle=2)["preliminary_solution/major"] == "breached"
    assert states(facts, cycle=2)["resolution/major"] == "not_applicable"


def test_what_still_runs_when_the_next_cycle_starts_is_cancelled():
    follow_up = clock("follow_up", "feedback_delivered", "followed_up", {"minor": 8 * HOUR})
    facts = [fact("received", "09:00"), fact("feedback_delivered", "09:20"), fact("reopened", "10:00")]
    run = judge(facts, policy(RESPONSE, follow_up), "default", END_OF_TIME).runs[1]
    assert (run.clock.name, str(run.ending), run.stopped_at) == ("follow_up", "reopened", at("10:00"))


def test_whether_a_clock_that_ended_applied_is_seen_before_its_end():
    complex_, back = (
        fact("reclassified", time, complexity=complexity)
        for time, complexity in (("09:05", "complex"), ("09:15", "general"))
    )
    facts = [fact("received", "09:00"), complex_, fact("feedback_delivered", "09:10"), back]
    assert states(facts)["resolution/minor"] == "not_applicable"
    assert states(facts)["preliminary_solution/major"] == "met"


def test_a_start_fact_that_is_also_a_stop_ends_its_clock_so_that_a_reopening_counts():
    refusal = policy(clock("refusal", "received", "refused", {"major": HOUR}))
    facts = [fact("refused", "09:00"), fact("reopened", "09:10")]
    judgement = judge(facts, refusal, "default", END_OF_TIME)
    assert [(run.cycle.number, run.stopped_at) for run in judgement.runs] == [(1, at("09:00")), (2, None)]


def test_two_resumptions_at_one_instant_end_each_its_own_pause():
    pausing = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True))
    facts = [fact("received", "09:00")]
    facts += [fact("paused", time, reason=reason) for time, reason in (("09:05", "a"), ("09:06", "b"))]
    facts += [fact("resumed", "09:15", reason=reason) for reason in ("a", "b")]
    assert judge(facts, pausing, "default", END_OF_TIME).runs[0].dues == [at("09:40")]


def test_a_void_takes_an_event_back_and_cannot_be_voided():
    responded = fact("response_started", "09:10", id="r")
    voided = fact("voided", "11:00", id="v", event_id="r")
    facts = [fact("received", "09:00"), responded, voided]
    assert states(facts)["response/minor"] == "breached"
    assert states([*facts, fact("voided", "12:00", event_id="v")])["response/minor"] == "breached"


def test_of_two_contents_of_one_identity_the_smaller_counts():
    early, late = fact("response_started", "09:10", id="r"), fact("response_started", "09:40", id="r")
    for facts in ([early, late], [late, early]):
        assert states([fact("received", "09:00"), *facts])["response/minor"] == "met"


def test_the_policy_that_asks_for_most_judges_the_cycle():
    strict = policy(
        clock("response", "received", "response_started", {"minor": MINUTE}), id="b", match=COMPLEX
    )
    both = Policies([*LETTER.versions, *strict.versions])
    assert states([fact("received", "09:00", complexity="complex")], both).keys() == {"response/minor"}
    assert "resolution/minor" in states([fact("received", "09:00")], both)
