"""A calendar file: what it can say, and what is refused with a hint."""

from datetime import date
from pathlib import Path

import pytest

from service.policy.bad_policies import BadPolicies
from service.policy.calendar_file import read_calendar
from service.policy.directory import read_policies
from service.sla.calendar.local_days import LocalDays
from service.sla.calendar.working_hours import WorkingTime
from tests.policy.vip import VIP

DESK = """\
calendar: desk
timezone: Asia/Shanghai
week:
  mon: [["09:00", "12:00"], ["13:00", "24:00"]]
  sat: [["09:00:30", "12:00"]]
holidays: [2026-10-01, 2026-10-02]
working_days: {2026-02-14: mon}
official: {country: CN, years: [2025, 2026]}
"""


def read(*changes: tuple[str, str]) -> LocalDays:
    text = DESK
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    calendar = read_calendar("desk.yaml", text.encode(), "desk").calendar
    assert isinstance(calendar, WorkingTime)
    return calendar.days


def test_all_that_a_file_can_say():
    days = read()
    morning = (9 * 3600 + 30, 12 * 3600)
    assert days.week == (((32_400, 43_200), (46_800, 86_400)), (), (), (), (), (morning,), ())
    assert days.holidays == {date(2026, 10, 1), date(2026, 10, 2)}
    assert days.working_days == {date(2026, 2, 14): 0}
    assert (str(days.zone), days.official) == ("Asia/Shanghai", range(2025, 2027))


def test_windows_are_put_in_order_and_may_touch():
    days = read(('[["09:00", "12:00"], ["13:00", "24:00"]]', "[[12:00, 18:00], [09:00, 12:00]]"))
    assert days.week[0] == ((32_400, 43_200), (43_200, 64_800))


WRONG = [
    ("calendar: desk", "calendar: office", "1: calendar: “office” must have the name of its file, desk"),
    ("calendar: desk", "calendar: always", "1: calendar: the name always is taken by the calendar around"),
    ("Asia/Shanghai", "Asia/Shangai", "2: timezone: “Asia/Shangai” is no IANA time zone; did you mean"),
    ("Asia/Shanghai", "CET+1x", "2: timezone: “CET+1x” is no IANA time zone; "),
    ("Asia/Shanghai", "../UTC", "2: timezone: “../UTC” is no IANA time zone; "),
    ("  sat:", "  sta:", "5: week.sta: no such field; did you mean sat?"),
    (
        '"24:00"',
        '"23:59"',
        "to “23:59” would leave out the last moments of the day; the end of a day is 24:00",
    ),
    ('"24:00"', '"23:59:59"', "to “23:59:59” would leave out the last moments"),
    (
        '"24:00"',
        '"00:00"',
        "4: week.mon[1]: “13:00” to “00:00” ends before it begins; the end of a day is 24:00",
    ),
    ('"24:00"', '"06:00"', "ends before it begins; over midnight it takes two, until 24:00 and from 00:00"),
    ('"24:00"', '"13:00"', "“13:00” to “13:00” is empty; leave it out"),
    ('"24:00"', '"24:01"', "4: week.mon[1][1]: “24:01” is no time of day; write for example 09:00"),
    ('"09:00", ', '"9:00", ', "4: week.mon[0][0]: “9:00” is no time of day; write for example 09:00"),
    ('["13:00", "24:00"]', '["11:59", "24:00"]', "4: week.mon[1]: overlaps “09:00” to “12:00”; join them"),
    ('["13:00", "24:00"]', '["13:00"]', '4: week.mon[1]: must have a begin and an end, ["09:00", "17:00"]'),
    ('["13:00", "24:00"]', "13:00", "4: week.mon[1]: must be a list"),
    ("2026-10-02", "2026-10-01", "6: holidays[1]: “2026-10-01” is given twice"),
    ("2026-10-02", "2026-02-29", "6: holidays[1]: “2026-02-29” is no date of the calendar"),
    ("2026-10-02", "10-2", "6: holidays[1]: “10-2” is no date; write for example 2026-10-01"),
    (
        "2026-02-14: mon",
        "2026-10-01: mon",
        "7: working_days.2026-10-01: 2026-10-01 is among the holidays, too",
    ),
    ("2026-02-14: mon", "2026-02-14: sun", "7: working_days.2026-02-14: sun has no open hours in week"),
    ("2026-02-14: mon", "2026-02-14: monday", "“monday” is no day of the week; did you mean mon?"),
    ("2026-02-14: mon", "Saturday: mon", "7: working_days.Saturday: “Saturday” is no date"),
    ("[2025, 2026]", "[2024, 2026]", "8: official.years: leaves out 2025; years must follow one another"),
    ("[2025, 2026]", "[]", "8: official.years: must name at least one year"),
    ("[2025, 2026]", "['26']", "8: official.years[0]: “26” is no year from 1971 to 2998"),
    ("CN", "China", "8: official.country: “China” is no country code of two capital letters"),
    (", years: [2025, 2026]", "", "8: official.years: is missing"),
    ("timezone: Asia/Shanghai\n", "", "1: timezone: is missing"),
    ("holidays:", "holiday:", "6: holiday: no such field; did you mean holidays?"),
]


@pytest.mark.parametrize(("old", "new", "problem"), WRONG, ids=[problem for *_, problem in WRONG])
def test_what_is_wrong_is_said_with_line_field_and_hint(old: str, new: str, problem: str):
    with pytest.raises(BadPolicies) as bad:
        read((old, new))
    assert len(bad.value.problems) == 1
    assert problem in str(bad.value)
    assert str(bad.value).startswith("desk.yaml:")


def test_a_week_without_open_hours_is_refused():
    empty = DESK[: DESK.index("week:")] + "week: {mon: [], sat: []}\n"
    with pytest.raises(BadPolicies, match="3: week: has no open hours, so no time would ever pass; write"):
        read_calendar("desk.yaml", empty.encode(), "desk")


class TestDirectory:
    """Calendar files are read with the policies."""

    POLICY = VIP.replace("calendar: always", "calendar: desk")

    def put(self, directory: Path, calendar: str = DESK, policy: str = POLICY) -> None:
        (directory / "calendars").mkdir(exist_ok=True)
        (directory / "calendars" / "desk.yaml").write_text(calendar, encoding="utf-8")
        (directory / "vip.yaml").write_text(policy, encoding="utf-8")

    def problems(self, directory: Path) -> list[str]:
        with pytest.raises(BadPolicies) as bad:
            read_policies(directory)
        return [str(problem).removeprefix(f"{directory}/") for problem in bad.value.problems]

    def sha256(self, directory: Path) -> str:
        return read_policies(directory).files["vip", 3].policy.sha256

    def test_a_policy_may_name_a_calendar_that_has_a_file(self, tmp_path: Path):
        self.put(tmp_path)
        read = read_policies(tmp_path)
        assert read.files["vip", 3].policy.clocks[0].calendar is read.calendars["desk"].calendar

    def test_a_change_of_its_calendar_changes_the_policy_s_hash_and_a_comment_does_not(self, tmp_path: Path):
        self.put(tmp_path)
        before = self.sha256(tmp_path)
        self.put(tmp_path, DESK.replace("week:", "week:  # as agreed"))
        assert self.sha256(tmp_path) == before
        self.put(tmp_path, DESK.replace("12:00", "12:30"))
        assert self.sha256(tmp_path) != before

    def test_a_bad_calendar_file_is_reported_once(self, tmp_path: Path):
        self.put(tmp_path, DESK.replace("24:00", "23:59"))
        [problem] = self.problems(tmp_path)
        assert problem.startswith("calendars/desk.yaml:4: week.mon[1]: ")

    def test_a_calendar_that_is_not_there(self, tmp_path: Path):
        self.put(tmp_path, policy=VIP.replace("calendar: always", "calendar: dsek"))
        assert self.problems(tmp_path) == [
            "vip.yaml:8: calendar: “dsek” is no calendar that is there; did you mean desk?"
        ]

    def test_a_policy_whose_first_deadline_needs_an_unknown_year_is_refused(self, tmp_path: Path):
        self.put(tmp_path, policy=self.POLICY.replace("after: 1h", "after: 2000h"))
        [problem] = self.problems(tmp_path)
        assert problem == (
            "vip.yaml:11: clocks.response: level major, when the policy takes effect: "
            "calendar desk: the answer needs 2027, and it has official days of 2025 to 2026 only"
        )

    def test_two_files_for_one_calendar(self, tmp_path: Path):
        self.put(tmp_path)
        (tmp_path / "calendars" / "desk.yml").write_text(DESK, encoding="utf-8")
        assert self.problems(tmp_path) == ["calendars/desk.yml: there is another file for the calendar desk"]


OWN = """\
calendar: desk
timezone: Asia/Shanghai
week: {thu: [["09:00", "12:00"]], fri: [["09:00", "12:00"]], sat: [["10:00", "11:00"]]}
holidays: [2026-10-01..2026-10-07, 12-25, 2026-12-24]
working_days: {2027-12-25: fri}
hours: {2026-12-24: [["09:00", "10:00"]], 2026-12-27: [["20:00", "24:00"]]}
"""


def own(text: str = OWN) -> LocalDays:
    calendar = read_calendar("desk.yaml", text.encode(), "desk").calendar
    assert isinstance(calendar, WorkingTime)
    return calendar.days


@pytest.mark.parametrize(
    ("day", "windows"),
    [
        (date(2026, 9, 30), ()),  # a Wednesday
        (date(2026, 10, 1), ()),
        (date(2026, 10, 2), ()),
        (date(2026, 10, 3), ()),
        (date(2026, 10, 7), ()),
        (date(2026, 10, 8), ((32_400, 43_200),)),
        (date(2025, 12, 25), ()),  # a Thursday, closed in every year
        (date(2026, 12, 25), ()),
        (date(2027, 12, 25), ((32_400, 43_200),)),  # this one works, as a Friday
        (date(2026, 12, 24), ((32_400, 36_000),)),  # its own hours come before the holiday
        (date(2026, 12, 27), ((72_000, 86_400),)),  # a Sunday, with hours of its own
    ],
)
def test_a_date_goes_by_its_own_hours_then_by_what_is_said_of_it_then_by_the_day_of_every_year(day, windows):
    assert own().windows(day) == windows


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            "2026-10-01..2026-10-07",
            "2026-10-07..2026-10-01",
            "“2026-10-07..2026-10-01” ends before it begins",
        ),
        ("2026-10-01..2026-10-07", "2026-10-01..10-07", "“2026-10-01..10-07” is no date; write for example"),
        ("2026-12-24]", "2026-10-07]", "“2026-10-07” is given twice"),
        ("2026-12-24]", "12-25]", "“12-25” is given twice"),
        ("12-25,", "02-30,", "“02-30” is no day of the year"),
        ('2026-12-24: [["09:00", "10:00"]]', "2026-12-24: []", "must have a window; a closed date stands in"),
        ("2027-12-25: fri", "2026-10-07: fri", "2026-10-07 is among the holidays, too"),
        ('[["20:00", "24:00"]]', '[["20:00", "23:59"]]', "the end of a day is 24:00"),
    ],
)
def test_what_is_wrong_about_dates(old, new, reason):
    assert old in OWN
    with pytest.raises(BadPolicies) as bad:
        own(OWN.replace(old, new, 1))
    assert reason in str(bad.value)


@pytest.mark.parametrize(
    ("years", "beyond"), [("[2026, 2027]", None), ("[2026]", "working_days: 2027-12-25")]
)
def test_every_date_lies_in_the_years_of_the_calendar(years, beyond):
    text = f"{OWN}years: {years}\n"
    if beyond is None:
        assert own(text).official == range(2026, 2028)
    else:
        with pytest.raises(BadPolicies, match=f"{beyond} lies outside the years of this calendar"):
            own(text)


def test_the_years_of_an_official_calendar_stand_in_official():
    with pytest.raises(BadPolicies, match="years: stands in official; leave it out here"):
        own(f"{OWN}years: [2026, 2027]\nofficial: {{country: CN, years: [2026, 2027]}}\n")
