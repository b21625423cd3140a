"""A notice file: what a typist may write, and each mistake with what to do about it."""

import re
from datetime import date
from pathlib import Path

import pytest

from service.errors import RefusalError
from service.offline.notice_file import notice_of, read_notice
from service.offline.official_days import OfficialDays, is_of_last_week, official_days, package
from service.policy.bad_policies import BadPolicies

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "prepare-the-new-year.md"
NOTICE = """\
country: CN
year: 2026
source: notice of 4 November 2025
holidays:
  New Year's Day: {days: 2026-01-01..2026-01-03, total: 3, working_days: [2026-01-04]}
  Spring Festival: {days: 2026-02-15..2026-02-23, total: 9, working_days: [2026-02-14, 2026-02-28]}
  Tomb-Sweeping Day: {days: 2026-04-04..2026-04-06, total: 3}
  Labor Day: {days: 2026-05-01..2026-05-05, total: 5, working_days: [2026-05-09]}
  Dragon Boat Festival: {days: 2026-06-19..2026-06-21, total: 3}
  Mid-Autumn Festival: {days: 2026-09-25..2026-09-27, total: 3}
  National Day: {days: 2026-10-01..2026-10-07, total: 7, working_days: [2026-09-20, 2026-10-10]}
make_up_days: 6
"""
OF_2025 = """\
country: CN
year: 2025
holidays:
  元旦: {days: 2025-01-01, total: 1}
  春节: {days: 2025-01-28..2025-02-04, total: 8, working_days: [2025-01-26, 2025-02-08]}
  清明节: {days: 2025-04-04..2025-04-06, total: 3}
  劳动节: {days: 2025-05-01..2025-05-05, total: 5, working_days: 2025-04-27}
  端午节: {days: [2025-05-31, 2025-06-01..2025-06-02], total: 3, working_days: []}
  国庆节、中秋节: {days: 2025-10-01..2025-10-08, total: 8, working_days: [2025-09-28, 2025-10-11]}
make_up_days: 5
"""
OF_2023 = """\
country: CN
year: 2023
holidays:
  New Year's Day: {days: 2022-12-31..2023-01-02, total: 3}
  Spring Festival: {days: 2023-01-21..2023-01-27, total: 7, working_days: [2023-01-28, 2023-01-29]}
  Tomb-Sweeping Day: {days: 2023-04-05, total: 1}
  Labor Day: {days: 2023-04-29..2023-05-03, total: 5, working_days: [2023-04-23, 2023-05-06]}
  Dragon Boat Festival: {days: 2023-06-22..2023-06-24, total: 3, working_days: [2023-06-25]}
  Mid-Autumn Festival, National Day:
    days: 2023-09-29..2023-10-06
    total: 8
    working_days: [2023-10-07, 2023-10-08]
make_up_days: 7
"""


def weekdays_off(days: OfficialDays) -> set[date]:
    return {day for day in days.holidays if day.weekday() < 5}


@pytest.mark.parametrize(
    ("text", "year"), [(NOTICE, 2026), (OF_2025, 2025), (OF_2023, 2023)], ids=["2026", "2025", "2023"]
)
def test_a_notice_typed_in_by_hand_gives_the_days_of_the_package(text: str, year: int) -> None:
    typed, known = read_notice("n.yaml", text.encode()), official_days("CN", [year])
    assert weekdays_off(typed) == weekdays_off(known)
    assert typed.working_days == known.working_days
    assert (typed.country, typed.years) == ("CN", (year,))


def test_the_example_of_the_how_to_is_the_notice_of_2026() -> None:
    [block] = re.findall(r"```yaml\n(country:.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    typed, known = read_notice("n.yaml", block.encode()), read_notice("n.yaml", NOTICE.encode())
    assert ({*typed.holidays}, typed.working_days) == ({*known.holidays}, known.working_days)


def test_weekend_days_of_a_break_are_among_its_days_and_each_has_the_name_in_the_file() -> None:
    days = read_notice("dir/n.yaml", NOTICE.encode())
    assert days.holidays[date(2026, 2, 22)] == "Spring Festival"  # a Sunday
    assert list(days.holidays) == sorted(days.holidays)
    assert days.source == "n.yaml (notice of 4 November 2025)"
    assert read_notice("n.yaml", OF_2025.encode()).holidays[date(2025, 10, 8)] == "国庆节、中秋节"


WRONG = {
    "a total that is not that of the days": (
        ("total: 9", "total: 8"),
        (
            "6: holidays.Spring Festival.total: is 8, but 2026-02-15..2026-02-23 is 9 days, weekend days "
            "among them; compare both with the notice"
        ),
    ),
    "a range that ends a day too early": (
        ("2026-02-23", "2026-02-22"),
        (
            "6: holidays.Spring Festival.total: is 9, but 2026-02-15..2026-02-22 is 8 days, weekend days "
            "among them; compare both with the notice"
        ),
    ),
    "a total in words": (
        ("total: 9", "total: nine"),
        "6: holidays.Spring Festival.total: “nine” is no number of days; write for example 7",
    ),
    "no total": (("total: 9, ", ""), "6: holidays.Spring Festival.total: is missing"),
    "a make-up day on a Friday": (
        ("2026-02-28", "2026-02-27"),
        (
            "6: holidays.Spring Festival.working_days[1]: 2026-02-27 is a Friday, and make-up days are "
            "days of a weekend; did you mean 2026-02-28, a Saturday?"
        ),
    ),
    "a make-up day on a Monday": (
        ("2026-09-20", "2026-09-21"),
        (
            "11: holidays.National Day.working_days[0]: 2026-09-21 is a Monday, and make-up days are days "
            "of a weekend; did you mean 2026-09-20, a Sunday?"
        ),
    ),
    "a date both off and a make-up day": (
        ("2026-02-14", "2026-02-15"),
        (
            "6: holidays.Spring Festival.working_days[0]: 2026-02-15 is a day off of Spring Festival (line "
            "6), too; it cannot be both"
        ),
    ),
    "a range back to front": (
        ("2026-05-01..2026-05-05", "2026-05-05..2026-05-01"),
        (
            "8: holidays.Labor Day.days: “2026-05-05..2026-05-01” ends before it begins; write "
            "2026-05-01..2026-05-05"
        ),
    ),
    "ranges out of order": (
        ("days: 2026-04-04..2026-04-06", "days: [2026-04-06, 2026-04-04..2026-04-05]"),
        (
            "7: holidays.Tomb-Sweeping Day.days[1]: 2026-04-04 stands after 2026-04-06; list the dates in "
            "order, each once"
        ),
    ),
    "a date twice in a list": (
        ("[2026-02-14, 2026-02-28]", "[2026-02-14, 2026-02-14]"),
        (
            "6: holidays.Spring Festival.working_days[1]: 2026-02-14 stands after 2026-02-14; list the "
            "dates in order, each once"
        ),
    ),
    "the year before": (
        ("2026-06-19..", "2025-06-19.."),
        "9: holidays.Dragon Boat Festival.days: 2025-06-19 lies outside 2026; did you mean 2026-06-19?",
    ),
    "the year after": (
        ("2026-05-09", "2027-05-09"),
        "8: holidays.Labor Day.working_days[0]: 2027-05-09 lies outside 2026; did you mean 2026-05-09?",
    ),
    "a 29 February of another year": (
        ("2026-05-09", "2028-02-29"),
        "8: holidays.Labor Day.working_days[0]: 2028-02-29 lies outside 2026",
    ),
    "a day that the year has not": (
        ("2026-02-23", "2026-02-29"),
        "6: holidays.Spring Festival.days: “2026-02-15..2026-02-29” is no date of the calendar",
    ),
    "dates without their year": (
        ("2026-10-01..2026-10-07", "10-01..10-07"),
        (
            "11: holidays.National Day.days: “10-01..10-07” is no date; write for example 2026-10-01, or "
            "2026-10-01..2026-10-07"
        ),
    ),
    "no days": (
        ("days: 2026-04-04..2026-04-06", "days: []"),
        "7: holidays.Tomb-Sweeping Day.days: must not be an empty list",
    ),
    "a break in another month": (
        ("2026-06-19..2026-06-21", "2026-07-19..2026-07-21"),
        (
            f"9: holidays.Dragon Boat Festival: Dragon Boat Festival is 2026-06-19 ({package()}), which is "
            "none of its days off; compare the dates with the notice"
        ),
    ),
    "a date in two breaks": (
        ("2026-09-25..2026-09-27, total: 3", "2026-09-25..2026-10-01, total: 7"),
        (
            "11: holidays.National Day.days: 2026-10-01 is a day off of Mid-Autumn Festival (line 10), "
            "too; give each date once"
        ),
    ),
    "a make-up day of two breaks": (
        ("[2026-05-09]", "[2026-02-28]"),
        (
            "8: holidays.Labor Day.working_days[0]: 2026-02-28 is a make-up day of Spring Festival (line "
            "6), too; give each date once"
        ),
    ),
    "another number of make-up days": (
        ("make_up_days: 6", "make_up_days: 5"),
        (
            "12: make_up_days: is 5, but working_days above are 6: 2026-01-04, 2026-02-14, 2026-02-28, "
            "2026-05-09, 2026-09-20, 2026-10-10; compare them with the notice"
        ),
    ),
    "a make-up day left out": (
        (", working_days: [2026-05-09]", ""),
        (
            "12: make_up_days: is 6, but working_days above are 5: 2026-01-04, 2026-02-14, 2026-02-28, "
            "2026-09-20, 2026-10-10; compare them with the notice"
        ),
    ),
    "a holiday left out": (
        ("  Dragon Boat Festival: {days: 2026-06-19..2026-06-21, total: 3}\n", ""),
        (
            "4: holidays: leaves out Dragon Boat Festival; where the notice joins two, name both: "
            "“National Day, Mid-Autumn Festival”"
        ),
    ),
    "a holiday misspelt": (
        ("Labor Day", "Labour Day"),
        "8: holidays.Labour Day: “Labour Day” is none of China's seven holidays; did you mean Labor Day?",
    ),
    "a holiday misspelt in Chinese": (
        ("Labor Day", "劳动"),
        "8: holidays.劳动: “劳动” is none of China's seven holidays; did you mean 劳动节?",
    ),
    "a holiday twice": (
        ("National Day:", "National Day, 劳动节:"),
        "11: holidays.National Day, 劳动节: Labor Day is given twice, first on line 8",
    ),
    "a field misspelt": (
        ("days: 2026-06-19", "day: 2026-06-19"),
        "9: holidays.Dragon Boat Festival.day: no such field; did you mean days?",
        "9: holidays.Dragon Boat Festival.days: is missing",
    ),
    "another country": (
        ("country: CN", "country: DE"),
        "1: country: “DE” is no known country; it is one of CN",
    ),
    "a year of two digits": (("year: 2026", "year: 26"), "2: year: “26” is no year from 1971 to 2998"),
    "no total of the make-up days": (("make_up_days: 6\n", ""), "1: make_up_days: is missing"),
    "holidays as a list": (
        (NOTICE[NOTICE.index("  New") : NOTICE.index("make_up")], "  - 2026-01-01\n"),
        "4: holidays: must be a mapping, {like: this}, not a list",
    ),
    "no YAML": (("country: CN", "country: [CN"), "2: is no YAML: "),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_named_with_line_field_and_what_to_do(mistake: str) -> None:
    (old, new), *problems = WRONG[mistake]
    assert old in NOTICE
    with pytest.raises(BadPolicies) as bad:
        read_notice("n.yaml", NOTICE.replace(old, new, 1).encode())
    found = [str(problem).removeprefix("n.yaml:") for problem in bad.value.problems]
    if mistake == "no YAML":
        assert found[0].startswith(problems[0])
    else:
        assert found == problems


def test_every_mistake_is_named_in_one_run() -> None:
    text = NOTICE.replace("total: 9", "total: 8").replace("2026-05-09", "2026-05-08")
    with pytest.raises(BadPolicies) as bad:
        read_notice("n.yaml", text.replace("make_up_days: 6", "make_up_days: 7").encode())
    assert [problem.line for problem in bad.value.problems] == [6, 8, 12]


@pytest.mark.parametrize(
    ("day", "within"),
    [
        (date(2025, 12, 24), False),
        (date(2025, 12, 25), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
        (date(2024, 12, 31), False),
    ],
)
def test_the_last_week_before_the_year_is_that_of_its_new_year(day: date, within: bool) -> None:
    assert is_of_last_week(day, 2026) is within


@pytest.mark.parametrize(
    ("holiday", "begin", "fits"),
    [
        ("New Year's Day", "2025-12-24", False),
        ("New Year's Day", "2025-12-25", True),
        ("New Year's Day", "2025-12-31", True),
        ("Spring Festival", "2025-12-31", False),
    ],
)
def test_only_the_break_of_the_new_year_begins_in_the_year_before(
    holiday: str, begin: str, fits: bool
) -> None:
    other = {"New Year's Day": "2026-01-01", "Spring Festival": "2026-02-15"}[holiday]
    count = (date.fromisoformat("2026-01-03") - date.fromisoformat(begin)).days + 1
    text = NOTICE.replace(f"{other}..", f"{begin}..", 1)
    text = text.replace("2026-01-03, total: 3", f"2026-01-03, total: {count}")
    if fits:
        assert date.fromisoformat(begin) in read_notice("n.yaml", text.encode()).holidays
    else:
        with pytest.raises(BadPolicies, match=f"{begin} lies outside 2026; did you mean 2026"):
            read_notice("n.yaml", text.encode())


@pytest.mark.parametrize(
    ("country", "years", "reason"),
    [
        ("CN", [2027], "--years 2027: {file} has the official days of 2026; write --years 2026"),
        ("CN", [2026, 2027], "--years 2026,2027: {file} has the official days of 2026; write --years 2026"),
        ("DE", [2026], "--country DE: {file} has the official days of CN"),
    ],
)
def test_what_is_asked_for_must_be_what_the_file_has(
    tmp_path: Path, country: str, years: list[int], reason: str
) -> None:
    path = tmp_path / "notice.yaml"
    path.write_text(NOTICE, encoding="utf-8")
    with pytest.raises(RefusalError) as refused:
        notice_of(path, country, years)
    assert str(refused.value) == reason.format(file=path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RefusalError, match=r"none\.yaml: No such file or directory"):
        notice_of(tmp_path / "none.yaml", "CN", [2026])
