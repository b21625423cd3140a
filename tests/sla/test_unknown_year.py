"""A due instant in a year without official days is not known: nobody guesses it, and nothing else stops."""

import pytest

from service.sla.judge import END_OF_TIME, Run, judge
from service.sla.policy import Clock, Level, Policies, Policy
from tests.sla.hours import at, calendar
from tests.sla.stories import DAY, HOUR, MINUTE, RESPONSE, fact
from tests.sla.test_partition import Desk

CALENDAR = calendar("UTC", range(2026, 2027), mon_fri="9-17")
RESULT = Clock(
    "result",
    "0",
    fact("received", 0).kind,
    frozenset({fact("feedback_delivered", 0).kind}),
    (),
    False,
    (Level("minor", 8 * HOUR), Level("major", None, 3)),
    CALENDAR,
)
LETTER = Policies([Policy("letter", 1, "0" * 64, 0, {}, (), (RESPONSE, RESULT))])


def ms(text: str) -> int:
    return at(CALENDAR, text)


RECEIVED = fact("received", ms("2026-12-30 10:00"))  # a Wednesday; the third working day after lies in 2027


def result(*facts) -> Run:
    return judge([RECEIVED, *facts], LETTER, "default", END_OF_TIME).runs[1]


def test_a_level_that_is_due_in_a_known_year_is_judged_and_one_that_is_not_has_no_due_instant():
    run = result()
    assert run.dues == [ms("2026-12-31 10:00"), None]
    assert [str(state) for state in run.states] == ["breached", "running"]
    assert run.is_undated


def test_an_end_in_a_known_year_is_in_time():
    run = result(fact("feedback_delivered", ms("2026-12-31 09:00")))
    assert [str(state) for state in run.states] == ["met", "met"]


@pytest.mark.parametrize(("late", "ended"), [(-1, True), (0, True), (1, False)])
def test_of_an_end_beyond_the_last_year_nothing_is_said(late, ended):
    run = result(fact("feedback_delivered", ms("2027-01-01 00:00") + late))
    assert (run.ending is not None) == ended
    assert (run.end_beyond is None) == ended
    assert [str(state) for state in run.states] == ["breached", "met" if ended else "running"]


def test_a_pause_that_never_ends_is_no_unknown_year():
    pausing = Clock("result", "0", RESULT.start, RESULT.stop, (), True, (Level("minor", 8 * HOUR),), CALENDAR)
    letter = Policies([Policy("letter", 1, "0" * 64, 0, {}, (), (pausing,))])
    paused = fact("paused", RECEIVED.time + MINUTE)
    assert not judge([RECEIVED, paused], letter, "default", END_OF_TIME).runs[0].is_undated


def complete(desk: Desk, now: int) -> tuple[int, int]:
    """Until when its breaches are complete, and the same after its memory was restored."""
    before = desk.partition.complete_until(now)
    desk.restart()
    return before, desk.partition.complete_until(now)


ANSWERED = fact("response_started", RECEIVED.time)
WAITING = {
    "a level without a due instant": ([], RECEIVED.time),
    "an end in a known year": ([fact("feedback_delivered", ms("2027-01-01 00:00"))], None),
    "an end in an unknown year": ([fact("feedback_delivered", ms("2027-01-01 00:00") + 1)], RECEIVED.time),
    "an earlier receipt": ([fact("received", RECEIVED.time - HOUR)], RECEIVED.time - HOUR),
}


@pytest.mark.parametrize(("facts", "since"), WAITING.values(), ids=WAITING)
def test_while_a_ticket_waits_for_a_year_breaches_are_complete_up_to_its_first_instant(facts, since):
    desk, now = Desk(LETTER), ms("2027-02-01 12:00")
    desk.tell(RECEIVED, ANSWERED, *facts, now=now)
    until = now if since is None else since
    assert complete(desk, now) == (until, until)


def test_what_no_longer_waits_or_was_forgotten_holds_nothing_up():
    desk, now = Desk(LETTER, DAY), ms("2027-02-01 12:00")
    desk.tell(RECEIVED, now=now)
    assert complete(desk, now) == (RECEIVED.time, RECEIVED.time)
    desk.tell(fact("feedback_delivered", RECEIVED.time + 1), now=now)
    assert complete(desk, now) == (now, now)


def test_a_clock_that_is_paused_for_good_or_does_not_apply_does_not_wait():
    urgent = (("priority", frozenset({"p1"})),)
    never = Clock("never", "0", RESULT.start, RESULT.stop, urgent, False, RESULT.levels, CALENDAR)
    pausing = Clock("held", "0", RESULT.start, RESULT.stop, (), True, (Level("minor", 8 * HOUR),), CALENDAR)
    desk = Desk(Policies([Policy("letter", 1, "0" * 64, 0, {}, (), (never, pausing))]))
    now = ms("2027-02-01 12:00")
    desk.tell(RECEIVED, fact("paused", RECEIVED.time + MINUTE), now=now)
    assert complete(desk, now) == (now, now)


def test_the_partition_goes_on_and_tells_all_that_is_known():
    desk = Desk(LETTER)
    told = desk.tell(RECEIVED, now=RECEIVED.time)
    told += desk.tell(now=RECEIVED.time + 2 * DAY)
    told += desk.tell(fact("feedback_delivered", ms("2027-01-08 12:00")), now=ms("2027-01-08 12:00"))
    desk.restart()
    told += desk.tell(now=ms("2027-03-01 12:00"))
    assert told == [
        "breached response/minor 1",
        "breached response/major 1",
        "breached result/minor 1",
        "breach_settled response/minor 2",
        "breach_settled response/major 2",
    ]
