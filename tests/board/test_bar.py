"""A clock as a bar: every stretch in its place, whatever the calendar and the pauses."""

import pytest

from service.board.bar import WIDTH, Flow, LevelBar, bar
from service.board.row import clock_lines
from service.sla.facts import Fact, Kind
from service.sla.judge import judge
from service.sla.policy import Clock, Level, Policies
from tests.sla.hours import calendar
from tests.sla.stories import GENERAL, HOUR, MINUTE, RESPONSE, at, clock, fact, policy

OFFICE = Clock(
    "resolution",
    "0",
    Kind.RECEIVED,
    frozenset({Kind.FEEDBACK_DELIVERED}),
    (),
    True,
    (Level("minor", 2 * HOUR),),
    calendar("UTC", mon_fri="9-12 13-17"),
)
PAUSING = policy(clock("resolution", "received", "feedback_delivered", {"minor": HOUR}, GENERAL, pauses=True))


def drawn(facts: list[Fact], policies: Policies, now: str) -> LevelBar:
    judgement = judge(facts, policies, "default", at(now))
    return bar(judgement.runs[0], at(now))


def pieces(drawing: LevelBar) -> list[tuple[Flow, int, int]]:
    """Kind, and minutes from the start."""
    return [
        (piece.flow, (piece.since - drawing.since) // MINUTE, (piece.until - drawing.since) // MINUTE)
        for piece in drawing.pieces
    ]


def test_around_the_clock_it_is_one_stretch_with_a_mark_for_each_level() -> None:
    drawing = drawn([fact("received", "09:00")], policy(RESPONSE), "09:10")
    assert pieces(drawing) == [(Flow.RUNNING, 0, 60)]
    assert [(mark.level, drawing.x(mark.due_at), mark.warns) for mark in drawing.marks] == [
        ("warning", 0.4 * WIDTH, True),
        ("minor", 0.5 * WIDTH, False),
        ("major", WIDTH, False),
    ]


def test_a_pause_moves_the_marks() -> None:
    story = [fact("received", "09:00"), fact("paused", "09:10"), fact("resumed", "09:40")]
    drawing = drawn(story, PAUSING, "10:00")
    assert pieces(drawing) == [(Flow.RUNNING, 0, 10), (Flow.PAUSED, 10, 40), (Flow.RUNNING, 40, 90)]
    assert (drawing.marks[0].due_at, drawing.projected) == (at("10:30"), False)


@pytest.mark.parametrize(("now", "paused"), [("09:10:30", 1), ("09:30", 20), ("09:30:59", 20), ("09:31", 21)])
def test_an_open_pause_is_drawn_up_to_the_minute_so_that_it_is_sent_once_a_minute(
    now: str, paused: int
) -> None:
    drawing = drawn([fact("received", "09:00"), fact("paused", "09:10")], PAUSING, now)
    assert pieces(drawing) == [
        (Flow.RUNNING, 0, 10),
        (Flow.PAUSED, 10, 10 + paused),
        (Flow.RUNNING, 10 + paused, 60 + paused),
    ]
    assert drawing.projected


def test_closed_hours_are_closed_also_in_a_pause() -> None:
    """Office hours 09:00 to 12:00 and 13:00 to 17:00: paused at 11:30, resumed at 13:30."""
    office = policy(OFFICE)
    story = [fact("received", "11:00"), fact("paused", "11:30"), fact("resumed", "13:30")]
    drawing = drawn(story, office, "14:00")
    assert pieces(drawing) == [
        (Flow.RUNNING, 0, 30),
        (Flow.PAUSED, 30, 60),
        (Flow.CLOSED, 60, 120),
        (Flow.PAUSED, 120, 150),
        (Flow.RUNNING, 150, 240),
    ]


@pytest.mark.parametrize(
    ("now", "flow"),
    [("11:10", Flow.RUNNING), ("11:40", Flow.PAUSED), ("12:30", Flow.PAUSED), ("13:40", Flow.RUNNING)],
)
def test_the_line_says_what_the_clock_does_now(now: str, flow: Flow) -> None:
    story = [fact("received", "11:00"), fact("paused", "11:30"), fact("resumed", "13:30")]
    judgement = judge(story, policy(OFFICE), "default", at(now))
    (line,) = clock_lines(judgement, judgement.cycles[0], at(now))
    assert line.flow is flow


def test_at_noon_an_office_clock_is_closed() -> None:
    judgement = judge([fact("received", "11:00")], policy(OFFICE), "default", at("12:30"))
    (line,) = clock_lines(judgement, judgement.cycles[0], at("12:30"))
    assert (line.flow, line.state) == (Flow.CLOSED, "running")


def test_a_clock_that_ended_late_is_drawn_to_its_end() -> None:
    story = [fact("received", "09:00"), fact("response_started", "11:00")]
    drawing = drawn(story, policy(RESPONSE), "12:00")
    assert (drawing.until, drawing.ended_at) == (at("11:00"), at("11:00"))


def test_an_instant_beyond_the_bar_is_at_its_end_and_one_before_at_its_start() -> None:
    drawing = drawn([fact("received", "09:00")], policy(RESPONSE), "09:10")
    assert (drawing.x(at("08:00")), drawing.x(at("09:15")), drawing.x(at("23:00"))) == (
        0,
        0.25 * WIDTH,
        WIDTH,
    )
