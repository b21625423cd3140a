"""Only open hours count: weekends, lunch, midnight, shifts of the clocks, pauses, official years."""

from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest

from service.sla.calendar.calendar import ALWAYS, YearUnknown
from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime
from service.timezones import zone
from tests.sla.hours import DAY, HOUR, MINUTE, at, calendar, shown, week

OFFICE = calendar("Asia/Shanghai", mon_fri="9-12 13-18")
ROUND = calendar("Europe/Berlin", mon_sun="0-24")


@pytest.mark.parametrize(
    ("start", "target", "due"),
    [
        ("2026-03-06 16:00", 0, "Fri 2026-03-06 16:00"),
        ("2026-03-06 16:00", HOUR, "Fri 2026-03-06 17:00"),
        ("2026-03-06 16:00", 2 * HOUR, "Fri 2026-03-06 18:00"),  # at the close, not at Monday's opening
        ("2026-03-06 16:00", 2 * HOUR + 1_000, "Mon 2026-03-09 09:00:01"),
        ("2026-03-06 11:30", HOUR, "Fri 2026-03-06 13:30"),  # over lunch
        ("2026-03-07 10:00", HOUR, "Mon 2026-03-09 10:00"),  # received on a Saturday
        ("2026-03-06 08:00", 8 * HOUR, "Fri 2026-03-06 18:00"),
        ("2026-03-06 18:00", HOUR, "Mon 2026-03-09 10:00"),
    ],
)
def test_a_target_is_due_when_as_much_open_time_has_passed(start: str, target: int, due: str):
    assert shown(OFFICE, OFFICE.due(at(OFFICE, start), target, ())) == due


@pytest.mark.parametrize(("before", "state"), [(1, 1), (0, 0), (-1, 0)])
def test_milliseconds_are_kept(before: int, state: int):
    close = at(OFFICE, "2026-03-06 18:00")
    assert OFFICE.elapsed(close - before, close + DAY, ()) == state


def test_midnight_between_two_open_days_costs_no_minute():
    start = at(ROUND, "2026-03-06 23:00")
    assert ROUND.due(start, 2 * HOUR, ()) == start + 2 * HOUR
    assert ROUND.open_between(start, start + DAY) == [(start, start + DAY)]


@pytest.mark.parametrize(
    ("zone_name", "day", "hours", "opens", "closes", "long"),
    [
        ("Europe/Berlin", "2026-03-29", "0-24", "00:00", "00:00", 23 * HOUR),
        ("Europe/Berlin", "2026-10-25", "0-24", "00:00", "00:00", 25 * HOUR),
        ("Europe/Berlin", "2026-03-29", "2:30-10", "03:30", "10:00", 6 * HOUR + 30 * MINUTE),
        (
            "Europe/Berlin",
            "2026-10-25",
            "2:30-10",
            "02:30",
            "10:00",
            8 * HOUR + 30 * MINUTE,
        ),  # the first 02:30
        ("Europe/Berlin", "2026-10-25", "1-2:30", "01:00", "02:30", 90 * MINUTE),
        ("America/Sao_Paulo", "2018-11-03", "22-24", "22:00", "01:00", 2 * HOUR),  # 24:00 does not exist
        ("America/Sao_Paulo", "2018-11-04", "0-2", "01:00", "02:00", HOUR),
        ("Australia/Lord_Howe", "2025-10-05", "0-24", "00:00", "00:00", 23 * HOUR + 30 * MINUTE),
        ("Asia/Shanghai", "1991-09-15", "0-24", "00:00", "00:00", 25 * HOUR),  # it had summer time then
    ],
)
def test_days_on_which_the_clocks_shift(
    zone_name: str, day: str, hours: str, opens: str, closes: str, long: int
):
    working = calendar(zone_name, mon_sun=hours)
    begin = at(working, f"{day} 00:00")
    until = at(working, f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")
    [(since, to)] = working.open_between(begin, until)
    local = [working.days.local(instant).strftime("%H:%M") for instant in (since, to)]
    assert (local, to - since) == ([opens, closes], long)


def test_a_date_that_the_zone_skips_has_no_hours_and_is_no_working_day():
    apia = calendar("Pacific/Apia", mon_fri="9-17")  # there was no Friday 30 December 2011
    start = at(apia, "2011-12-29 16:00")
    assert shown(apia, apia.due(start, 2 * HOUR, ())) == "Mon 2012-01-02 10:00"
    assert shown(apia, apia.due_in_days(start, 1)) == "Mon 2012-01-02 17:00"


class TestPauses:
    """Only the open part of a pause takes anything out."""

    START = at(OFFICE, "2026-03-06 16:00")

    def due(self, target: int, *pauses: tuple[str, str | None]) -> str | None:
        given = [(at(OFFICE, begin), end and at(OFFICE, end)) for begin, end in pauses]
        return shown(OFFICE, OFFICE.due(self.START, target, [(begin, end or None) for begin, end in given]))

    def test_a_pause_in_the_night_takes_nothing_out(self):
        assert self.due(3 * HOUR, ("2026-03-06 18:00", "2026-03-09 09:00")) == "Mon 2026-03-09 10:00"

    def test_a_pause_over_the_close_takes_its_open_part_out(self):
        assert self.due(3 * HOUR, ("2026-03-06 17:00", "2026-03-09 10:00")) == "Mon 2026-03-09 12:00"

    def test_a_target_reached_as_a_pause_begins_is_due_then(self):
        assert self.due(HOUR, ("2026-03-06 17:00", "2026-03-09 10:00")) == "Fri 2026-03-06 17:00"

    def test_a_target_reached_at_the_close_before_a_pause_is_due_at_the_close(self):
        assert self.due(2 * HOUR, ("2026-03-06 20:00", None)) == "Fri 2026-03-06 18:00"

    def test_an_open_pause_never_lets_it_come(self):
        assert self.due(2 * HOUR + 1, ("2026-03-06 17:00", None)) is None

    def test_paused_time_is_open_time(self):
        weekend = (at(OFFICE, "2026-03-06 17:00"), at(OFFICE, "2026-03-09 10:00"))
        assert OFFICE.paused(self.START, self.START + 7 * DAY, [weekend]) == 2 * HOUR


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("start", "days", "due"),
        [
            ("2026-03-06 00:00", 1, "Mon 2026-03-09 18:00"),
            ("2026-03-06 23:59:59", 1, "Mon 2026-03-09 18:00"),
            ("2026-03-07 12:00", 1, "Mon 2026-03-09 18:00"),
            ("2026-03-08 23:59", 1, "Mon 2026-03-09 18:00"),
            ("2026-03-09 00:00", 1, "Tue 2026-03-10 18:00"),
            ("2026-03-06 12:00", 5, "Fri 2026-03-13 18:00"),
            ("2026-12-31 12:00", 1, "Fri 2027-01-01 18:00"),
        ],
    )
    def test_due_at_the_close_of_the_nth_working_day_after_the_day_of_the_start(
        self, start: str, days: int, due: str
    ):
        assert shown(OFFICE, OFFICE.due_in_days(at(OFFICE, start), days)) == due

    def test_the_day_of_the_start_is_the_calendar_s(self):
        start = int(datetime(2026, 3, 5, 16, 30, tzinfo=UTC).timestamp() * 1000)  # Friday 00:30 in Shanghai
        assert shown(OFFICE, OFFICE.due_in_days(start, 1)) == "Mon 2026-03-09 18:00"

    def test_a_half_day_is_a_working_day_with_its_own_close(self):
        working = calendar("Asia/Shanghai", mon_fri="9-18", sat="9-12")
        assert (
            shown(working, working.due_in_days(at(working, "2026-03-06 10:00"), 1)) == "Sat 2026-03-07 12:00"
        )

    def test_around_the_clock_there_are_none(self):
        with pytest.raises(AssertionError, match="no working days"):
            ALWAYS.due_in_days(0, 1)


class TestOfficialYears:
    """A year without official days is refused, never guessed."""

    CN = calendar("Asia/Shanghai", official=range(2025, 2027), mon_fri="9-18")

    def test_the_last_hour_of_the_last_year_can_be_reached(self):
        start = at(self.CN, "2026-12-31 10:00")
        assert shown(self.CN, self.CN.due(start, 8 * HOUR, ())) == "Thu 2026-12-31 18:00"
        assert shown(self.CN, self.CN.due_in_days(start - DAY, 1)) == "Thu 2026-12-31 18:00"

    def test_a_millisecond_more_is_refused(self):
        start = at(self.CN, "2026-12-31 10:00")
        with pytest.raises(
            YearUnknown, match="desk: the answer needs 2027, and it has official days of 2025"
        ):
            self.CN.due(start, 8 * HOUR + 1, ())
        with pytest.raises(YearUnknown, match="2027"):
            self.CN.due_in_days(start, 1)

    def test_so_is_an_earlier_year(self):
        begin = at(self.CN, "2025-01-01 00:00")
        assert self.CN.elapsed(begin, begin + DAY, ()) == 9 * HOUR
        with pytest.raises(YearUnknown, match="2024"):
            self.CN.elapsed(begin - 1, begin + DAY, ())

    def test_a_pause_that_lasts_beyond_them_does_not_hide_a_deadline_before_it(self):
        start, pause = at(self.CN, "2026-12-31 10:00"), at(self.CN, "2027-03-01 10:00")
        assert shown(self.CN, self.CN.due(start, HOUR, [(pause, None)])) == "Thu 2026-12-31 11:00"

    def test_it_says_until_when_it_is_valid(self):
        assert self.CN.valid_until == at(self.CN, "2027-01-01 00:00")
        assert OFFICE.valid_until is None


def test_years_may_be_asked_for_in_any_order():
    fresh = calendar("Europe/Berlin", mon_fri="9-17")
    asked = [fresh.due(at(fresh, f"{year}-06-01 00:00"), HOUR, ()) for year in (2026, 2024, 2029, 2025)]
    other = calendar("Europe/Berlin", mon_fri="9-17")
    assert asked == [
        other.due(at(fresh, f"{year}-06-01 00:00"), HOUR, ()) for year in (2026, 2024, 2029, 2025)
    ]
    assert fresh.elapsed(at(fresh, "2024-06-03 09:00"), at(fresh, "2024-06-03 10:00"), ()) == HOUR


def test_a_far_target_asks_the_time_zone_no_more_than_a_near_one():
    class Counting(tzinfo):
        asked = 0

        def utcoffset(self, _: datetime | None) -> timedelta:
            Counting.asked += 1
            return timedelta(hours=8)

        def dst(self, _: datetime | None) -> timedelta:
            return timedelta(0)

    working = WorkingTime(LocalDays("desk", Counting(), week(mon_fri="9-17")))
    start = at(OFFICE, "2026-03-06 16:00")
    far = working.due(start, 400 * 8 * HOUR, ())
    Counting.asked = 0
    working.due(start, 4 * HOUR, ())
    near, Counting.asked = Counting.asked, 0
    assert working.due(start, 400 * 8 * HOUR, ()) == far
    assert Counting.asked == near == 0


def test_hours_that_a_shift_moves_together_count_once():
    working = WorkingTime(LocalDays("desk", zone("Europe/Berlin"), week(sun="2:15-2:45 3-4")))
    start = at(working, "2026-03-29 00:00")
    assert working.elapsed(start, start + DAY, ()) == HOUR
