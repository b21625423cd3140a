"""An evaluation judges the clocks that can have changed, and says what judging all of them says."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from service.sla.changes import LATE_AFTER_MS
from service.sla.evaluator import Evaluation, StepTime
from service.sla.facts import Fact, Kind
from service.sla.history import Outcome, add, is_appended, lead, standing
from service.sla.policy import Policies
from service.sla.state import Header, Ticket, encode, key
from service.sla.tickets import Tickets
from service.sla.timeline import cycles_of
from service.sla.told import Told
from service.sla.touched import judge_touched
from tests.naive.histories import ANYTHING, THEMES, Dice, Drawn, Seeded, data_from, facts_from
from tests.naive.policies import BEGIN, STEP, TENANT, policies_from, waiting_from
from tests.sla.hours import calendar
from tests.sla.stories import DAY, HOUR, LETTER, MINUTE, RESOLUTION, RESPONSE, at, clock, fact, policy

NAME = key(TENANT, "t1")
HOURS = calendar("Asia/Shanghai", mon_sun="9-12 13-17")
OFFICE = policy(replace(RESPONSE, calendar=HOURS), replace(RESOLUTION, calendar=HOURS))
GRACE = 1
RETENTION = 35 * 24 * 3_600_000
Steps = list[tuple[list[Fact], int]]  # what arrived together, and the instant (ms) to judge it at


class Brought(NamedTuple):
    """What an evaluation brought, and what is remembered of all that was announced."""

    evaluation: Evaluation
    told: Told


class Looked(NamedTuple):
    """An evaluation of what can have changed, one of everything, and how many clocks the first left out."""

    touched: Brought
    whole: Brought
    untouched: int


def looks(policies: Policies, steps: Steps) -> Iterator[Looked]:
    """Of one ticket, each time that facts came or an instant passed."""
    ticket, judged_at = Ticket([], []), None
    for arrivals, instant in steps:
        before, at_ = list(ticket.facts), max(judged_at or 0, instant)
        now = at_ + instant % 3 * LATE_AFTER_MS  # at once, barely in time, or late
        outcomes = [(one, add(ticket.facts, one)) for one in arrivals]
        new = [one for one, outcome in outcomes if outcome in (Outcome.NEW, Outcome.REPLACED)]
        if not ticket.facts:
            continue
        ticket.seen_at, moment = at_, StepTime(at_, now, 0, GRACE)
        if Outcome.REPLACED in [outcome for _, outcome in outcomes]:
            judged_at = None
        touched, whole = (
            evaluated(structs.replace(ticket), new, before, policies, moment, since)
            for since in (judged_at, None)
        )
        yield Looked(touched, whole, left_out(ticket.facts, new, policies, at_, judged_at))
        ticket.tell(whole.told)
        judged_at = at_


def evaluated(
    ticket: Ticket,
    new: Sequence[Fact],
    before: Sequence[Fact],
    policies: Policies,
    moment: StepTime,
    judged_at: int | None,
) -> Brought:
    """With what is remembered of its announcements."""
    value = encode(structs.replace(ticket, facts=[*before]), Header(0, 0, 0))
    found = Tickets(policies, RETENTION).evaluate(
        NAME, ticket, new, moment, before=value, judged_at=judged_at
    )
    return Brought(found, ticket.told)


def left_out(
    facts: Sequence[Fact], new: Sequence[Fact], policies: Policies, at_: int, judged_at: int | None
) -> int:
    """How many clocks are not judged, as Tickets decides it."""
    ordered = lead(standing(facts))
    known = len(ordered) - len(new) if judged_at is not None and is_appended(new, facts, ordered) else 0
    return len(
        judge_touched(cycles_of(ordered, policies, TENANT), policies, at_, judged_at or 0, known).untouched
    )


def in_order(dice: Dice) -> tuple[Policies, Steps]:
    """A ticket whose facts mostly come in order."""
    policies = dice.pick((LETTER, LETTER, OFFICE, policies_from(dice)))
    told: list[Fact] = []
    steps: Steps = []
    time = BEGIN
    for number in range(dice.between(1, 7)):
        kind = Kind.RECEIVED if number == 0 and dice.between(1, 9) < 9 else dice.pick(ANYTHING)
        again = told and dice.between(1, 8) == 8
        source, name, moment = dice.pick(("/a", "/b")), f"{number}", time
        if again:  # other content under a known name: of the two, the smaller counts
            known = dice.pick(told)
            source, name, moment = known.source, known.id, known.time - dice.pick((0, 1, STEP))
        data = data_from(dice, kind, told)
        if kind == Kind.RECEIVED and dice.between(1, 2) == 2:
            data.pop("complexity", None)
        told.append(Fact(moment, kind, source, name, data, moment, 0, number))
        looked_at = time + dice.pick((-STEP, -1, 0, 0, 0, 1, STEP, 3 * STEP))
        if steps and dice.between(1, 4) == 4:
            steps[-1] = ([*steps[-1][0], told[-1]], looked_at)
        else:
            steps.append(([told[-1]], looked_at))
        if dice.between(1, 3) == 3:  # a deadline
            steps.append(
                ([], looked_at + dice.pick((1, STEP, 2 * STEP, 3 * STEP + 1, 6 * STEP + 1, 30 * STEP)))
            )
        time += dice.pick((1, 1, MINUTE, MINUTE, STEP, 2 * STEP, 3 * STEP, 12 * STEP, 0, -1))
    return policies, steps


def of_any_order(dice: Dice) -> tuple[Policies, Steps]:
    """A ticket whose facts arrive in an order that says nothing of their instants."""
    policies = dice.pick((policies_from, policies_from, waiting_from))(dice)
    steps: Steps = []
    instant = BEGIN
    for one in facts_from(dice, THEMES):
        steps.append(([one], instant))
        instant += dice.pick((0, 0, 1, STEP, 3 * STEP))
        if dice.between(1, 2) == 2:
            steps.append(([], instant))
    return policies, steps


@st.composite
def made(draw) -> tuple[Policies, Steps]:
    dice = Drawn(draw)
    return dice.pick((in_order, of_any_order))(dice)


@settings(max_examples=2_000, deadline=None)
@given(made())
def test_judging_what_can_have_changed_says_what_judging_everything_says(ticket):
    for looked in looks(*ticket):
        assert looked.touched == looked.whole


@pytest.mark.parametrize("way", [in_order, of_any_order])
def test_among_such_histories_many_clocks_are_left_out_and_some_of_those_evaluations_bring_news(way):
    found = [looked for seed in range(500) for looked in looks(*way(Seeded(seed)))]
    assert all(looked.touched == looked.whole for looked in found)
    quick = [looked for looked in found if looked.untouched]
    assert len(quick) > len(found) / 10
    assert sum(bool(looked.touched.evaluation.announcements) for looked in quick) > len(quick) / 50


RECEIVED, ANSWERED = fact("received", "09:00"), fact("response_started", "09:10")
RESOLVED = fact("resolved", "10:00")
ONE = policy(clock("response", "received", "response_started", {"minor": HOUR}))


def untouched(policies: Policies, *steps: tuple[list[Fact], str]) -> list[int]:
    found = list(looks(policies, [(facts, at(time)) for facts, time in steps]))
    assert [looked.touched for looked in found] == [looked.whole for looked in found]
    return [looked.untouched for looked in found]


def test_a_clock_that_ended_is_not_judged_again_when_a_fact_follows_or_a_deadline_passes():
    steps = ([RECEIVED], "09:00"), ([ANSWERED], "09:10"), ([RESOLVED], "10:00"), ([], "23:00")
    assert untouched(ONE, *steps) == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("time", "looked_at", "known"),
    [
        ("09:10", "09:09:59.999", 0),
        ("09:10", "09:10", 1),
        ("09:10", "09:10:00.001", 1),
        ("09:05:00.001", "09:00", 0),
        ("09:05", "09:00", 1),  # in time for every level, whatever comes
        ("09:04:59.999", "09:00", 1),
    ],
)
def test_a_late_end_that_is_dated_ahead_is_judged_until_it_has_come(time, looked_at, known):
    soon = policy(clock("response", "received", "response_started", {"minor": 5 * MINUTE}))
    steps = ([RECEIVED], "09:00"), ([fact("response_started", time)], looked_at), ([], "09:11")
    assert untouched(soon, *steps)[2] == known


@pytest.mark.parametrize(("time", "known"), [("09:59:59.999", 1), ("10:00", 1), ("10:00:00.001", 0)])
def test_a_clock_that_runs_undisturbed_is_judged_once_a_level_lapses(time, known):
    assert untouched(ONE, ([RECEIVED], "09:00"), ([], time))[1] == known


PAUSABLE = policy(clock("response", "received", "response_started", {"minor": HOUR}, pauses=True))
COMPLEX = policy(
    clock(
        "response",
        "received",
        "response_started",
        {"minor": HOUR},
        when=(("complexity", frozenset({"complex"})),),
    )
)
WATCHED = policy(clock("response", "received", "response_started", {"minor": HOUR}), stalled_after=DAY)


@pytest.mark.parametrize(
    ("policies", "news", "known"),
    [
        (PAUSABLE, fact("reassigned", "09:10"), 1),
        (PAUSABLE, fact("paused", "09:10"), 0),
        (ONE, fact("paused", "09:10"), 1),
        (ONE, fact("reclassified", "09:10", complexity="complex"), 0),
        (COMPLEX, fact("reassigned", "09:10"), 1),  # its condition never held
        (COMPLEX, fact("reclassified", "09:10", complexity="complex"), 0),
        (COMPLEX, fact("reclassified", "09:10", complexity="general"), 0),
        (COMPLEX, fact("response_started", "09:10"), 1),
        (WATCHED, fact("reassigned", "09:10"), 0),
    ],
)
def test_a_clock_that_is_disturbed_is_judged(policies, news, known):
    assert untouched(policies, ([RECEIVED], "09:00"), ([news], "09:10"))[1] == known


@pytest.mark.parametrize(
    "news",
    [
        fact("reassigned", "08:59"),
        fact("reassigned", "09:09:59.999"),
        fact("voided", "10:00", event_id=RECEIVED.id),
        fact("received", "08:50", RECEIVED.id),
        fact("response_started", "09:05", ANSWERED.id),
    ],
)
def test_what_comes_out_of_order_undoes_or_replaces_a_fact_has_all_clocks_judged(news):
    assert untouched(ONE, ([RECEIVED], "09:00"), ([ANSWERED], "09:10"), ([news], "10:00"))[2] == 0


def test_a_clock_that_a_reopening_ended_is_not_judged_again():
    follow_up = clock("follow_up", "response_started", "followed_up", {"minor": HOUR})
    response = clock("response", "received", "response_started", {"minor": HOUR})
    reopened = fact("reopened", "09:20")
    steps = ([RECEIVED], "09:00"), ([ANSWERED], "09:10"), ([reopened], "09:20"), ([], "09:30")
    assert untouched(policy(response, follow_up), *steps) == [1, 1, 2, 3]


def test_other_policies_have_all_clocks_judged():
    ticket = Ticket([RECEIVED, ANSWERED], [])
    moment = StepTime(at("09:11"), at("09:11"), 0, GRACE)
    _, told = evaluated(ticket, [], ticket.facts, ONE, moment, None)
    (one,) = told.announced
    ticket.tell(Told([structs.replace(one, digest=one.digest + 1)], told.attributes))
    again, _ = evaluated(ticket, [], ticket.facts, ONE, moment, None)
    assert [one.type for one in again.announcements] == ["sla.corrected", "sla.met"]


@pytest.mark.parametrize(
    ("now", "news"),
    [
        ("09:24", []),
        ("09:24:00.001", ["at_risk"]),
        ("09:30:00.001", ["breached"]),
        ("10:00:00.001", ["breached", "breached"]),
        ("10:36:00.001", ["breached", "breached", "at_risk"]),
    ],
)
def test_levels_that_lapsed_before_the_first_evaluation_are_announced_together(now, news):
    [looked] = looks(LETTER, [([RECEIVED], at(now))])
    assert [one.type.removeprefix("sla.") for one in looked.touched.evaluation.announcements] == news


def test_the_levels_of_a_ticket_without_an_answer_lapse_one_after_the_other():
    instants = ["09:00", "09:25", "09:31", "10:01", "10:40", "11:01", "13:01"]
    found = list(looks(LETTER, [([RECEIVED] if time == "09:00" else [], at(time)) for time in instants]))
    assert [len(looked.touched.evaluation.announcements) for looked in found] == [0, 1, 1, 1, 1, 1, 1]


def test_the_evidence_of_a_clock_that_one_fact_starts_and_stops_names_it_once():
    delivered = fact("feedback_delivered", "10:00")
    at_once = clock("at_once", "feedback_delivered", "feedback_delivered", {"minor": MINUTE})
    *_, looked = looks(policy(at_once), [([RECEIVED], at("09:00")), ([delivered], at("10:00"))])
    assert looked.touched.evaluation.announcements[0].evidence == (RECEIVED, delivered)


def test_when_to_forget_a_ticket_depends_on_clocks_that_are_not_judged_again_as_well():
    *_, looked = looks(ONE, [([RECEIVED], at("09:00")), ([ANSWERED], at("09:10")), ([], at("09:20"))])
    assert looked.untouched == 1
    assert looked.touched.evaluation.forget_at == at("10:00") + RETENTION
