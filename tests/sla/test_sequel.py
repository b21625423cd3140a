"""A ticket to which merely the next fact came: what is said without judging is what judging says."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from service.sla.announcement import Type
from service.sla.changes import LATE_AFTER
from service.sla.facts import Fact, Kind
from service.sla.history import Outcome, add
from service.sla.outlook import Moment, Outlook, outlook
from service.sla.policy import Policies
from service.sla.sequel import sequel
from service.sla.state import NEVER, Ticket
from tests.naive.histories import ANYTHING, Dice, Drawn, Seeded, data_from
from tests.naive.policies import BEGIN, STEP, TENANT, policies_from
from tests.sla.hours import calendar
from tests.sla.stories import HOUR, LETTER, MINUTE, RESOLUTION, RESPONSE, at, clock, fact, policy

NAME = (TENANT, "t1")
HOURS = calendar("Asia/Shanghai", mon_sun="9-12 13-17")
OFFICE = policy(replace(RESPONSE, calendar=HOURS), replace(RESOLUTION, calendar=HOURS))
GRACE = 1
RETENTION = 35 * 24 * 3_600_000
DULL = tuple(
    kind
    for kind in Kind
    if kind not in (Kind.REOPENED, Kind.WITHDRAWN, Kind.MERGED, Kind.RECLASSIFIED, Kind.VOIDED)
)


def looks(
    policies: Policies, steps: list[tuple[list[Fact], int]]
) -> Iterator[tuple[Outlook | None, Outlook]]:
    """What is said at once, if anything, and what the judge says, each time facts came to one ticket."""
    ticket, latest = Ticket([], []), 0
    for arrivals, instant in steps:
        before, latest = list(ticket.facts), max(latest, instant)
        now = latest + instant % 3 * LATE_AFTER  # at once, barely in time, or late
        new = [one for one in arrivals if add(ticket.facts, one) in (Outcome.NEW, Outcome.REPLACED)]
        if not ticket.facts:
            continue
        ticket.seen_at, moment = latest, Moment(latest, now, 0, GRACE)
        judged = outlook(NAME, ticket, new, lambda known=before: known, policies, RETENTION, moment)
        yield sequel(NAME, ticket, new, policies, RETENTION, latest, now, GRACE), judged
        ticket.told = judged.told or ticket.told


def made_from(dice: Dice) -> tuple[Policies, list[tuple[list[Fact], int]]]:
    """A ticket whose facts mostly come in order, mostly of kinds that turn nothing."""
    policies = dice.pick((LETTER, LETTER, OFFICE, policies_from(dice)))
    kinds = dice.pick((DULL, DULL, DULL, ANYTHING))
    told: list[Fact] = []
    steps: list[tuple[list[Fact], int]] = []
    time = BEGIN
    for number in range(dice.between(1, 7)):
        kind = Kind.RECEIVED if number == 0 and dice.between(1, 9) < 9 else dice.pick(kinds)
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
        if dice.between(1, 3) == 3:  # a look because of a deadline
            steps.append(
                ([], looked_at + dice.pick((1, STEP, 2 * STEP, 3 * STEP + 1, 6 * STEP + 1, 30 * STEP)))
            )
        time += dice.pick((1, 1, MINUTE, MINUTE, STEP, 2 * STEP, 3 * STEP, 12 * STEP, 0, -1))
    return policies, steps


@st.composite
def made(draw) -> tuple[Policies, list[tuple[list[Fact], int]]]:
    return made_from(Drawn(draw))


@settings(max_examples=2_000, deadline=None)
@given(made())
def test_whatever_is_said_without_judging_is_what_the_judge_says(ticket):
    for said, judged in looks(*ticket):
        assert said is None or said == judged


def test_among_such_histories_more_than_a_third_of_the_looks_need_no_judge_and_some_of_them_bring_news():
    found = [said for seed in range(500) for said, _ in looks(*made_from(Seeded(seed)))]
    answered = [said for said in found if said]
    assert len(answered) > len(found) / 3
    assert sum(bool(said.announcements) for said in answered) > len(answered) / 10


RECEIVED, ANSWERED = fact("received", "09:00"), fact("response_started", "09:10")
DELIVERED = fact("feedback_delivered", "10:00")


@pytest.mark.parametrize(
    "facts",
    [
        [RECEIVED],
        [RECEIVED, ANSWERED],
        [RECEIVED, ANSWERED, DELIVERED],
        [RECEIVED, fact("resolved", "09:10"), fact("satisfaction_submitted", "09:20", score=5)],
        [RECEIVED, fact("paused", "09:10"), fact("resumed", "09:20")],
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_usual_life_of_a_ticket_needs_no_judge(facts, together):
    steps = [(facts, at("09:00"))] if together else [([one], one.time) for one in facts]
    for said, judged in looks(LETTER, steps):
        assert said == judged


@pytest.mark.parametrize(
    ("time", "plain"), [("09:23:59.999", True), ("09:24", True), ("09:24:00.001", False), ("09:31", False)]
)
def test_an_answer_up_to_the_first_due_instant_needs_no_judge(time, plain):
    steps = [([RECEIVED], at("09:00")), ([fact("response_started", time)], at("09:20"))]
    assert [said is not None for said, _ in looks(LETTER, steps)] == [True, plain]


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
def test_a_level_that_lapses_while_nobody_answers_needs_no_judge(now, news):
    [(said, judged)] = looks(LETTER, [([RECEIVED], at(now))])
    assert said == judged
    assert [one.type.removeprefix("sla.") for one in said.announcements] == news


def test_the_levels_of_a_ticket_that_nobody_answers_lapse_one_after_the_other_without_a_judge():
    instants = ["09:00", "09:25", "09:31", "10:01", "10:40", "11:01", "13:01"]
    found = list(looks(LETTER, [([RECEIVED] if time == "09:00" else [], at(time)) for time in instants]))
    assert [said for said, _ in found] == [judged for _, judged in found]
    assert [len(said.announcements) for said, _ in found] == [0, 1, 1, 1, 1, 1, 1]


def test_the_answer_to_a_breached_ticket_is_judged():
    (_, _), (said, _) = looks(
        LETTER, [([RECEIVED], at("09:31")), ([fact("response_started", "09:40")], at("09:41"))]
    )
    assert said is None


@pytest.mark.parametrize(
    "news",
    [
        fact("response_started", "08:59"),
        fact("response_started", "09:00"),
        fact("response_started", "09:10", by="bot"),
        fact("reclassified", "09:10", complexity="complex"),
        fact("reopened", "09:10"),
        fact("withdrawn", "09:10"),
        fact("merged", "09:10", into="t2"),
        fact("voided", "09:10", event_id=RECEIVED.id),
    ],
)
def test_what_comes_out_of_order_or_turns_the_story_is_judged(news):
    (_, _), (said, _) = looks(LETTER, [([RECEIVED], at("09:00")), ([news], at("09:12"))])
    assert said is None


def test_other_content_under_a_known_name_is_judged():
    response = clock("response", "received", "response_started", {"minor": HOUR})
    corrected = fact("received", "09:00", RECEIVED.id, customer_id="c-0")
    known = [RECEIVED, ANSWERED, fact("reassigned", "09:20")]
    *_, (said, judged) = looks(policy(response), [([one], one.time) for one in [*known, corrected]])
    assert [one.type for one in judged.announcements] == ["sla.corrected", "sla.met"]
    assert said is None


def test_a_receipt_that_another_took_the_place_of_is_judged():
    earlier = fact("received", "08:50", RECEIVED.id)
    *_, (said, judged) = looks(LETTER, [([RECEIVED], at("09:31")), ([earlier], at("09:32"))])
    assert [one.type for one in judged.announcements] == ["sla.breached"]
    assert said is None


def test_a_ticket_of_which_something_else_was_told_is_judged():
    ticket = Ticket([RECEIVED, ANSWERED], [])
    told = outlook(
        NAME, ticket, [], tuple, LETTER, RETENTION, Moment(at("09:11"), at("09:11"), 0, GRACE)
    ).told
    for other in (
        {"type_index": list(Type).index(Type.CORRECTED)},
        {"type_index": list(Type).index(Type.BREACH_RETRACTED)},
        {"clock": "resolution"},
        {"level": "minor"},
    ):
        ticket.told = [structs.replace(told[0], **other)]
        assert sequel(NAME, ticket, [], LETTER, RETENTION, at("09:12"), at("09:12"), GRACE) is None


def test_the_evidence_of_a_clock_that_one_fact_starts_and_stops_names_it_once():
    at_once = clock("at_once", "feedback_delivered", "feedback_delivered", {"minor": MINUTE})
    *_, (said, judged) = looks(policy(at_once), [([RECEIVED], at("09:00")), ([DELIVERED], at("10:00"))])
    assert said == judged
    assert said.announcements[0].evidence == (RECEIVED, DELIVERED)


def test_a_pause_that_counts_for_a_clock_is_judged():
    paused = clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True)
    (_, _), (said, _) = looks(
        policy(paused), [([RECEIVED], at("09:00")), ([fact("paused", "09:10")], at("09:10"))]
    )
    assert said is None


def test_a_promise_to_touch_the_ticket_is_judged():
    [(said, _)] = looks(policy(RESPONSE, stalled_after=MINUTE), [([RECEIVED], at("09:00"))])
    assert said is None


def test_a_ticket_that_no_clock_waits_for_is_forgotten_in_time_and_one_that_a_clock_waits_for_is_not():
    found = [
        said for said, _ in looks(LETTER, [([one], one.time) for one in (RECEIVED, ANSWERED, DELIVERED)])
    ]
    last_due_at = at("13:00")  # of all levels, the last
    assert [said.forget_at for said in found] == [NEVER, NEVER, last_due_at + RETENTION]
