"""The shelf: which tickets are open, and in which order, whatever came in which order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.board.filters import Query
from service.board.summary import Condition, Section, Summary
from service.board.ticket_page import account
from service.board.tickets import TicketShelf
from service.sla import state
from service.sla.policy import Policies
from tests.board.desk import Desk, record
from tests.sla.stories import (
    COMPLEX,
    GENERAL,
    HOUR,
    LETTER,
    MINUTE,
    RESPONSE,
    SECOND,
    at,
    clock,
    fact,
    policy,
)

PAUSING = policy(clock("resolution", "received", "feedback_delivered", {"minor": HOUR}, GENERAL, pauses=True))

EVERY_KIND: Policies = policy(
    RESPONSE,
    clock(
        "resolution", "received", "feedback_delivered", {"warning": HOUR, "minor": 2 * HOUR}, (), pauses=True
    ),
    clock("preliminary_solution", "received", "preliminary_solution_provided", {"major": HOUR}, COMPLEX),
    stalled_after=40 * MINUTE,
)


def shown(desk: Desk) -> list[tuple[str, Condition, Section]]:
    desk.look()
    return [(known.key, known.condition, known.section) for known in desk.board.shelf.ordered()]


def only(desk: Desk) -> Summary:
    desk.look()
    (known,) = desk.board.shelf.ordered()
    return known


def test_the_ticket_whose_next_promise_breaks_first_comes_first() -> None:
    desk = Desk(at("10:00"), policy(RESPONSE))
    desk.keep("late", fact("received", "09:50"))
    desk.keep("soon", fact("received", "09:35"))
    desk.keep("broken", fact("received", "09:15"))  # minor at 09:45, major still to come at 10:15
    desk.keep("over", fact("received", "08:00"))  # major at 09:00: nothing is left to break
    assert shown(desk) == [
        ("soon@default", Condition.AT_RISK, Section.COMING),
        ("broken@default", Condition.BREACHED, Section.COMING),
        ("late@default", Condition.RUNNING, Section.COMING),
        ("over@default", Condition.BREACHED, Section.OVER),
    ]


@pytest.mark.parametrize(
    ("now", "condition", "due"),
    [
        ("09:23:59.999", Condition.RUNNING, "09:30"),
        ("09:24", Condition.RUNNING, "09:30"),
        ("09:24:00.001", Condition.AT_RISK, "09:30"),
        ("09:29:59.999", Condition.AT_RISK, "09:30"),
        ("09:30", Condition.AT_RISK, "09:30"),  # exactly thirty minutes keep the promise
        ("09:30:00.001", Condition.BREACHED, "10:00"),
        ("09:59:59.999", Condition.BREACHED, "10:00"),
        ("10:00", Condition.BREACHED, "10:00"),
        ("10:00:00.001", Condition.BREACHED, "10:00"),  # the last one stays, as overdue
    ],
)
def test_a_deadline_lapses_on_the_board_a_millisecond_after_it(now: str, condition: str, due: str) -> None:
    desk = Desk(at("09:00"), policy(RESPONSE))
    desk.keep("T1", fact("received", "09:00"))
    desk.look()
    desk.now = at(now)
    known = only(desk)
    assert (known.condition, known.due_at) == (condition, at(due))


def test_what_has_ended_or_applies_no_more_is_not_open() -> None:
    desk = Desk(at("12:00"))
    desk.keep("done", fact("received", "09:00"), fact("feedback_delivered", "10:00"))
    desk.keep("withdrawn", fact("received", "09:00"), fact("withdrawn", "09:10"))
    desk.keep("nothing", fact("resolved", "09:00"))
    desk.keep("open", fact("received", "09:00"), fact("response_started", "09:10"))
    assert [key for key, _, _ in shown(desk)] == ["open@default"]


def test_a_clock_that_nothing_can_stop_keeps_no_ticket_open() -> None:
    refusal = clock("refusal", "received", "", {"breach": 0})
    desk = Desk(at("12:00"), policy(refusal))
    desk.keep("refused", fact("received", "09:00"))
    assert shown(desk) == []


def test_a_paused_ticket_without_a_deadline_comes_last() -> None:
    desk = Desk(at("10:00"), PAUSING)
    desk.keep("waits", fact("received", "09:00"), fact("paused", "09:20"))
    desk.keep("over", fact("received", "08:00"))
    assert shown(desk) == [
        ("over@default", Condition.BREACHED, Section.OVER),
        ("waits@default", Condition.PAUSED, Section.UNKNOWN),
    ]


@pytest.mark.parametrize(("now", "silent"), [("09:20", False), ("09:20:00.001", True)])
def test_a_ticket_that_nobody_touches_says_so(now: str, silent: bool) -> None:
    desk = Desk(at("09:00"), policy(RESPONSE, stalled_after=20 * MINUTE))
    desk.keep("T1", fact("received", "09:00"))
    desk.look()
    desk.now = at(now)
    assert only(desk).silent is silent


def test_a_tombstone_takes_the_ticket_away() -> None:
    desk = Desk(at("09:10"))
    desk.keep("T1", fact("received", "09:00"))
    assert len(shown(desk)) == 1
    desk.board.shelf.restore(0, "T1@default", None)
    assert shown(desk) == []
    assert (len(desk.board.shelf), desk.board.shelf.census.total) == (0, 0)


def test_a_partition_that_is_read_anew_is_forgotten_and_no_other() -> None:
    shelf = TicketShelf(LETTER)
    for partition, name in ((0, "a@t"), (1, "b@t")):
        shelf.restore(partition, name, record([fact("received", "09:00")], at("09:00")))
    shelf.forget(0)
    shelf.look({}, 10)
    assert [known.key for known in shelf.ordered()] == ["b@t"]


def test_a_ticket_is_never_judged_before_the_instant_of_its_state() -> None:
    """What was announced by then would be taken back on the board."""
    desk = Desk(at("09:29"), policy(RESPONSE))
    desk.keep("T1", fact("received", "09:00"), at=at("09:31"))
    assert only(desk).condition == Condition.BREACHED


def test_while_kafka_is_away_nothing_breaks_that_may_have_been_answered() -> None:
    desk = Desk(at("09:29"), policy(RESPONSE))
    desk.keep("T1", fact("received", "09:00"))
    seen = desk.see().reaches
    desk.now, desk.reaches = at("09:40"), seen  # the data are eleven minutes old
    assert only(desk).condition == Condition.AT_RISK


def test_state_of_newer_software_is_counted_and_not_shown() -> None:
    desk = Desk(at("09:10"))
    desk.keep("T1", fact("received", "09:00"))
    value = record([fact("received", "09:00")], at("09:00"))
    desk.board.shelf.restore(0, "T2@default", bytes([state.STATE_VERSION + 1]) + value[1:])
    assert [key for key, _, _ in shown(desk)] == ["T1@default"]
    assert desk.board.snapshot().baffling == 1


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("T2@default", b"", "T2@default (partition 3)"),
        ("T2@default", b"\x01", "T2@default (partition 3)"),
        ("T2@default", record([fact("received", "09:00")], at("09:00"))[:-3], "T2@default (partition 3)"),
        ("\udcff@default", b"", "\\xff@default (partition 3)"),
        ("a\nb\u202e", b"", "'a\\nb\\u202e' (partition 3)"),
        ("offset 7", b"", "offset 7 (partition 3)"),
    ],
)
def test_what_is_no_state_is_counted_and_named_and_not_shown(key: str, value: bytes, named: str) -> None:
    desk = Desk(at("09:10"))
    desk.keep("T1", fact("received", "09:00"))
    desk.board.shelf.restore(3, key, value)
    assert [known for known, _, _ in shown(desk)] == ["T1@default"]
    snapshot = desk.board.snapshot()
    assert (snapshot.baffling, snapshot.baffled_by) == (1, named)
    tenant, ticket_id = state.names(key)[0], state.names(key)[1]
    assert account(desk.board.shelf, tenant, ticket_id, {}) is None
    desk.board.shelf.restore(3, key, None)
    desk.look()
    assert (desk.board.snapshot().baffling, desk.board.snapshot().baffled_by) == (0, None)


def test_a_look_judges_no_more_than_it_may() -> None:
    desk = Desk(at("09:10"))
    for number in range(25):
        desk.keep(f"T{number}", fact("received", "09:00"))
    shelf, times = desk.board.shelf, desk.board.times(desk.see())
    assert [shelf.look(times, 10) for _ in range(4)] == [10, 10, 5, 0]
    desk.now = at("11:00")  # all of them are due
    times = desk.board.times(desk.see())
    assert [shelf.look(times, 10) for _ in range(4)] == [10, 10, 5, 0]


def test_of_many_that_came_at_once_the_nearest_deadlines_are_judged_first() -> None:
    shelf = TicketShelf(policy(RESPONSE))
    for minute in (30, 10, 20):
        facts = [fact("received", at("09:00") + minute * MINUTE)]
        value = state.encode(
            state.Ticket(facts, []), state.Header(1, at("09:30"), facts[0].time + 30 * MINUTE)
        )
        shelf.restore(0, f"T{minute}@t", value)
    shelf.look({}, 2)
    assert [known.key for known in shelf.ordered()] == ["T10@t", "T20@t"]
    assert shelf.waiting == 1


def test_the_filters_count_what_the_list_shows() -> None:
    desk = Desk(at("09:35"))
    desk.keep("T1", fact("received", "09:00", channel="phone"))
    desk.keep("T2", fact("received", "09:30", channel="email", complexity="complex"), tenant="acme")
    desk.look()
    counts = desk.board.shelf.census.counts
    assert counts["state"] == {"breached": 1, "running": 1}
    assert counts["clock"] == {"response": 2, "resolution": 1, "preliminary_solution": 1}
    assert counts["tenant"] == {"default": 1, "acme": 1}
    assert counts["channel"] == {"phone": 1, "email": 1}
    desk.keep("T1", fact("received", "09:00"), fact("withdrawn", "09:01"))
    desk.look()
    assert counts["state"] == {"running": 1}


words = st.sampled_from(
    ["response_started", "feedback_delivered", "withdrawn", "paused", "resumed", "reopened"]
)
stories = st.lists(st.tuples(st.sampled_from("ABC"), words, st.integers(0, 300)), max_size=12)


@given(stories, st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_however_it_came_the_board_shows_what_a_new_one_would(
    story: list[tuple[str, str, int]], steps: list[int]
) -> None:
    """Records and looks in any order, or all at once: the same list, the same counts."""
    desk = Desk(at("09:00"), EVERY_KIND)
    facts = {name: [fact("received", "09:00")] for name in "ABC"}
    pending = list(story)
    for name, known in facts.items():
        desk.keep(name, *known)
    for step in steps:
        desk.now += step * MINUTE + SECOND
        for name, word, minute in pending[:2]:
            facts[name].append(fact(word, at("09:00") + minute * MINUTE))
            desk.keep(name, *facts[name])
        del pending[:2]
        desk.look()
    anew = Desk(desk.now, EVERY_KIND)
    for name, known in facts.items():
        anew.keep(name, *known)
    anew.look()
    assert desk.board.shelf.ordered() == anew.board.shelf.ordered()
    assert desk.board.shelf.census.counts == anew.board.shelf.census.counts
    assert all(first < then for first, then in pairwise(desk.board.shelf.ordered()))
    shown_now = desk.board.listing(Query(), desk.board.snapshot())
    assert [row.key for row in shown_now.rows] == [known.key for known in desk.board.shelf.ordered()]
