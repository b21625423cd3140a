"""China's official days of 2025 and 2026, worked through by hand, and day by day against another source.

Hours in policies/calendars/cn.yaml: Monday to Friday, 9:00–12:00 and 13:00–18:00, eight hours a day.
"""

from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest

from service.policy.directory import read_calendar_at
from service.sla.calendar.working_hours import WorkingTime
from tests.sla.hours import HOUR, at, shown

FILE = Path(__file__).parents[2] / "policies" / "calendars" / "cn.yaml"
MINUTE = HOUR // 60


def read() -> WorkingTime:
    calendar = read_calendar_at(FILE).calendar
    assert isinstance(calendar, WorkingTime)
    return calendar


CN = read()


def hours(received: str, target: int) -> str | None:
    return shown(CN, CN.due(at(CN, received), target, ()))


def days(received: str, count: int) -> str | None:
    return shown(CN, CN.due_in_days(at(CN, received), count))


class TestChineseNewYear2026:
    """Nobody works from Sunday 15 to Monday 23 February; Saturday 14 and Saturday 28 are worked instead."""

    @pytest.mark.parametrize(
        ("count", "due"),
        [
            (1, "Sat 2026-02-14 18:00"),  # a make-up day is a working day
            (2, "Tue 2026-02-24 18:00"),  # the first after the nine days off
            (3, "Wed 2026-02-25 18:00"),
            (4, "Thu 2026-02-26 18:00"),
            (5, "Fri 2026-02-27 18:00"),
            (6, "Sat 2026-02-28 18:00"),  # the second make-up day
            (7, "Mon 2026-03-02 18:00"),
        ],
    )
    def test_a_complaint_of_friday_13_february_at_16_00_in_working_days(self, count: int, due: str):
        assert days("2026-02-13 16:00", count) == due

    @pytest.mark.parametrize(
        ("target", "due"),
        [
            (2 * HOUR, "Fri 2026-02-13 18:00"),  # 16:00 to 18:00, at the close
            (2 * HOUR + MINUTE, "Sat 2026-02-14 09:01"),
            (5 * HOUR, "Sat 2026-02-14 12:00"),  # 2 h on Friday, 3 h on Saturday morning
            (8 * HOUR, "Sat 2026-02-14 16:00"),  # and 3 h after lunch
            (10 * HOUR, "Sat 2026-02-14 18:00"),
            (10 * HOUR + MINUTE, "Tue 2026-02-24 09:01"),
            (18 * HOUR, "Tue 2026-02-24 18:00"),
        ],
    )
    def test_the_same_complaint_in_working_hours(self, target: int, due: str):
        assert hours("2026-02-13 16:00", target) == due

    def test_a_complaint_of_new_year_s_day_itself(self):
        assert days("2026-02-17 10:00", 1) == "Tue 2026-02-24 18:00"
        assert hours("2026-02-17 10:00", 30 * MINUTE) == "Tue 2026-02-24 09:30"

    def test_the_six_weeks_from_2_february_to_15_march_have_26_working_days(self):
        # 30 weekdays less five in the break (16 to 20 February) and the 23rd, plus two Saturdays: 26.
        begin, end = at(CN, "2026-02-02 00:00"), at(CN, "2026-03-16 00:00")
        assert CN.elapsed(begin, end, ()) == 26 * 8 * HOUR


class TestNationalDay2026:
    """Nobody works from 1 to 7 October; Sunday 20 September and Saturday 10 October are worked instead."""

    @pytest.mark.parametrize(
        ("count", "due"),
        [
            (1, "Thu 2026-10-08 18:00"),
            (2, "Fri 2026-10-09 18:00"),
            (3, "Sat 2026-10-10 18:00"),  # make-up day
            (4, "Mon 2026-10-12 18:00"),
        ],
    )
    def test_a_complaint_of_wednesday_30_september_at_17_30_in_working_days(self, count: int, due: str):
        assert days("2026-09-30 17:30", count) == due

    @pytest.mark.parametrize(
        ("target", "due"),
        [
            (30 * MINUTE, "Wed 2026-09-30 18:00"),
            (HOUR, "Thu 2026-10-08 09:30"),
            (16 * HOUR + 30 * MINUTE, "Fri 2026-10-09 18:00"),
            (20 * HOUR, "Sat 2026-10-10 13:30"),
            (24 * HOUR + 31 * MINUTE, "Mon 2026-10-12 09:01"),
        ],
    )
    def test_the_same_complaint_in_working_hours(self, target: int, due: str):
        assert hours("2026-09-30 17:30", target) == due

    @pytest.mark.parametrize(
        ("count", "due"),
        [
            (1, "Sun 2026-09-20 18:00"),  # make-up day
            (2, "Mon 2026-09-21 18:00"),
            (5, "Thu 2026-09-24 18:00"),
            (6, "Mon 2026-09-28 18:00"),  # Friday 25 September is the Mid-Autumn Festival
        ],
    )
    def test_a_complaint_of_friday_18_september(self, count: int, due: str):
        assert days("2026-09-18 16:00", count) == due


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_agrees_with_a_second_source(year: int):
    first = date(year, 1, 1)
    year_s_days = [first + timedelta(days=index) for index in range(365)]
    ours = {day for day in year_s_days if CN.days.windows(day)}
    theirs = {day for day in year_s_days if chinese_calendar.is_workday(day)}
    assert ours ^ theirs == set()
    assert len(ours) == 248
