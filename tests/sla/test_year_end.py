"""The end of a year: deadlines in January wait for the calendar of the new year, and then they are judged.

A complaint of Monday 28 December 2026 at 10:00 in Shanghai. Friday 1 January 2027 is a holiday. So the second
working day closes on Wednesday 30 December, and the fifth on Tuesday 5 January.
"""

from datetime import date

import pytest

from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME, Run, judge
from service.sla.policy import Clock, Level, Policies, Policy
from service.timezones import zone
from tests.sla.hours import at, week
from tests.sla.stories import fact
from tests.sla.test_partition import Desk


def calendar(*years: int) -> WorkingTime:
    holidays = frozenset(day for day in (date(2027, 1, 1),) if day.year in years)
    hours = week(mon_fri="9-12 13-18")
    known = range(min(years), max(years) + 1)
    return WorkingTime(LocalDays("cn", zone("Asia/Shanghai"), hours, holidays, official=known))


def letter(*years: int) -> Policies:
    start, stop = fact("received", 0).kind, frozenset({fact("feedback_delivered", 0).kind})
    levels = (Level("minor", None, 2), Level("major", None, 5))
    result = Clock("result", "2.2(4)", start, stop, (), False, levels, calendar(*years))
    return Policies([Policy("letter-2", 1, "2" * 64, 0, {}, (), (result,))])


WITHOUT, WITH = letter(2026), letter(2026, 2027)


def ms(text: str) -> int:
    return at(calendar(2026), text)


RECEIVED = fact("received", ms("2026-12-28 10:00"))
MINOR, MAJOR = ms("2026-12-30 18:00"), ms("2027-01-05 18:00")


def run(policies: Policies, *facts: Fact, at: int = END_OF_TIME) -> Run:
    return judge([RECEIVED, *facts], policies, "default", at).runs[0]


def test_without_the_new_year_a_deadline_in_january_is_not_known():
    found = run(WITHOUT)
    assert found.dues == [MINOR, None]
    assert [str(state) for state in found.states] == ["breached", "running"]


@pytest.mark.parametrize(("late", "state"), [(-1, "running"), (0, "running"), (1, "breached")])
def test_with_the_new_year_the_same_ticket_has_it_and_is_judged(late: int, state: str):
    found = run(WITH, at=MAJOR + late)
    assert found.dues == [MINOR, MAJOR]
    assert [str(state) for state in found.states] == ["breached", state]


@pytest.mark.parametrize("came", ["2026-12-30 12:00", "2026-12-31 23:59", "2027-01-04 09:00"])
@pytest.mark.parametrize(("late", "told"), [(-1, []), (0, []), (1, ["breached result/major 1"])])
def test_a_ticket_that_waited_is_told_of_on_its_due_instant_when_the_days_came_before(came, late, told):
    desk = Desk(WITHOUT)
    desk.tell(RECEIVED, now=RECEIVED.time)
    desk.tell(now=ms(came))
    desk.policies = WITH
    desk.restart()
    desk.tell(now=max(ms(came), MINOR + 1))
    assert desk.tell(now=MAJOR + late) == told
    assert all(not told.late_detection for told in desk.step.announcements)


def test_until_the_days_come_nothing_is_told_of_it_and_then_at_once_and_as_late():
    desk = Desk(WITHOUT)
    desk.tell(RECEIVED, now=RECEIVED.time)
    assert desk.tell(now=ms("2027-01-20 12:00")) == ["breached result/minor 1"]
    assert desk.partition.next_at() is None
    desk.policies = WITH
    desk.restart()
    assert desk.tell(now=ms("2027-01-20 12:01")) == ["breached result/major 1"]
    [told] = desk.step.announcements
    assert (told.due_at, told.late_detection) == (MAJOR, True)


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (MINOR, ["met result/- 1"]),
        (MINOR + 1, ["breach_settled result/minor 2"]),
        (MAJOR, ["breach_settled result/minor 2"]),
        (
            MAJOR + 1,
            ["breach_settled result/minor 2", "breached result/major 1", "breach_settled result/major 2"],
        ),
    ],
)
def test_an_end_in_january_is_judged_when_the_days_have_come(ended: int, told: list[str]):
    desk, done = Desk(WITHOUT), fact("feedback_delivered", ended)
    desk.tell(RECEIVED, now=RECEIVED.time)
    known = desk.tell(now=MINOR + 1) if ended > MINOR else []
    known += desk.tell(done, now=max(ended, MINOR + 2))
    desk.policies = WITH
    desk.restart()
    known += desk.tell(now=ms("2027-01-20 12:00"))
    first = ["breached result/minor 1"] if ended > MINOR else []
    assert sorted(known) == sorted(first + told)
