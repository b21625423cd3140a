"""`calendar freeze`: a year of official days is added, and nothing else in the file changes."""

from io import StringIO
from pathlib import Path

import pytest

from service.errors import RefusalError
from service.offline.calendar_freeze import freeze
from service.offline.notice_file import read_notice
from service.offline.official_days import OfficialDays, official_days, package
from service.policy.directory import read_calendar_at
from service.sla.calendar.working_hours import WorkingTime
from tests.offline.test_notice_file import NOTICE, OF_2023

CN = Path(__file__).parents[2] / "policies" / "calendars" / "cn.yaml"
DESK = """\
# ours
calendar: desk
timezone: Asia/Shanghai
week: {mon: [["09:00", "17:00"]], fri: [["09:00", "15:00"]]}   # short Fridays
"""
OF_2025 = """\
holidays:
  # the first quarter
  - 2025-01-01  # New Year's Day
  - "2025-01-28..2025-02-04"

  - 2025-06-06  # our anniversary
working_days:
  2025-01-26: mon  # as a Monday
# the years
official: {country: CN, years: [2025]}  # of the State Council
# the end
"""
TYPED = read_notice("n.yaml", NOTICE.encode())


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    path = tmp_path / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    return path


def run(path: Path | None, *years: int, weekday: str = "mon", days: OfficialDays | None = None) -> str:
    out = StringIO()
    assert freeze(days or official_days("CN", years), path, weekday, out) == 0
    return out.getvalue()


def refused(path: Path, *years: int, weekday: str = "mon", days: OfficialDays | None = None) -> str:
    """Return the one line of the refusal, without the path. The file must be as it was."""
    before = path.read_bytes()
    with pytest.raises(RefusalError) as bad:
        run(path, *years, weekday=weekday, days=days)
    assert path.read_bytes() == before
    return str(bad.value).removeprefix(f"{path}:")


def windows(path: Path, year: int) -> list[object]:
    calendar = read_calendar_at(path).calendar
    assert isinstance(calendar, WorkingTime)
    return list(calendar.days.open_days(year))


def test_the_file_of_this_repository_is_what_freezing_gives(tmp_path: Path):
    before = CN.read_text(encoding="utf-8")
    copy = tmp_path / "cn.yaml"
    copy.write_text(before[: before.index("holidays:")], encoding="utf-8")
    run(copy, 2025, 2026)
    assert read_calendar_at(copy).content == read_calendar_at(CN).content


def test_without_a_file_the_fields_are_printed():
    lines = run(None, 2026).splitlines()
    source = f"{package()}; weekend days of a break are closed by the week"
    assert lines[:3] == [
        "holidays:",
        f"  # 2026: official days from {source}",
        "  - 2026-01-01  # New Year's Day",
    ]
    assert "  # 2026: make-up days; each works as that day of the week" in lines
    assert "  2026-02-14: mon" in lines
    assert lines[-1] == "official: {country: CN, years: [2026]}"


def test_what_was_written_is_shown_and_what_comes_next(desk: Path):
    lines = run(desk, 2026, weekday="fri", days=TYPED).splitlines()
    source = "n.yaml (notice of 4 November 2025)"
    assert lines[:5] == [
        f"{desk}: 2026 added, 33 days off, 6 make-up days, from {source}",
        "  2026-01-01..2026-01-03  Thu–Sat  New Year's Day",
        "  2026-01-04              Sun      works as fri",
        "  2026-02-14              Sat      works as fri",
        "  2026-02-15..2026-02-23  Sun–Mon  Spring Festival",
    ]
    assert lines[-2:] == [
        "  19 weekdays off less 6 make-up days: 13, as by the law since 2025",
        "next: compare the days with the notice, then run sla-timer policies publish",
    ]
    text = desk.read_text(encoding="utf-8")
    assert text.startswith(DESK)
    assert f"\n  # 2026: official days from {source}\n  - 2026-01-01  # New Year's Day\n" in text
    assert "  2026-02-14: fri\n" in text


def test_a_day_too_few_shows_in_the_sum(desk: Path):
    text = NOTICE.replace(", 2026-02-28]", "]")
    fewer = read_notice("n.yaml", text.replace("make_up_days: 6", "make_up_days: 5").encode())
    assert (
        "  note: 19 weekdays off less 5 make-up days: 14; by the law since 2025 it is 13: "
        "look for a day too many or too few\n"
    ) in run(desk, 2026, days=fewer)


def test_a_year_is_added_and_every_line_that_was_there_stays(desk: Path):
    desk.write_text(DESK + OF_2025, encoding="utf-8")
    before = windows(desk, 2025)
    run(desk, 2026, days=TYPED)
    text = desk.read_text(encoding="utf-8")
    days, _, rest = text.removeprefix(DESK).partition("  # 2026: official days from n.yaml")
    assert days == OF_2025[: OF_2025.index("working_days:")]
    make_up = rest[rest.index("working_days:") :]
    assert make_up == (
        "working_days:\n"
        "  2025-01-26: mon  # as a Monday\n"
        "  # 2026: make-up days; each works as that day of the week\n"
        "  2026-01-04: mon\n  2026-02-14: mon\n  2026-02-28: mon\n"
        "  2026-05-09: mon\n  2026-09-20: mon\n  2026-10-10: mon\n"
        "# the years\n"
        "official: {country: CN, years: [2025, 2026]}  # of the State Council\n"
        "# the end\n"
    )
    assert windows(desk, 2025) == before


def test_an_earlier_year_goes_before_a_later_one(desk: Path):
    run(desk, 2025, 2026)
    both = desk.read_text(encoding="utf-8")
    desk.write_text(DESK, encoding="utf-8")
    run(desk, 2026)
    run(desk, 2025)
    assert desk.read_text(encoding="utf-8") == both


@pytest.mark.parametrize("again", [official_days("CN", [2026]), TYPED], ids=["package", "typed"])
def test_a_year_that_is_there_with_the_same_days_is_left_as_it_is(desk: Path, again: OfficialDays):
    run(desk, 2026)
    before = desk.read_bytes()
    assert run(desk, 2026, days=again) == (
        f"{desk}: 2026 is there already, with the days of {again.source}; nothing was changed\n"
    )
    assert desk.read_bytes() == before


def test_of_two_years_only_the_new_one_is_written(desk: Path):
    run(desk, 2025)
    said = run(desk, 2025, 2026).splitlines()
    assert said[0] == f"{desk}: 2025 is there already, with the days of {package()}; nothing was changed"
    assert said[1].startswith(f"{desk}: 2026 added, 22 days off, 6 make-up days, from {package()}")


NEVER = "a year that is there is never changed; what it should be instead is a calendar of another name"


def test_a_year_that_is_there_with_other_days_is_refused_and_they_are_named(desk: Path):
    run(desk, 2026)
    text = desk.read_text(encoding="utf-8")
    changed = text.replace("2026-02-14: mon", "2026-02-14: fri").replace("  - 2026-10-05", "  - 2026-10-12")
    desk.write_text(changed, encoding="utf-8")
    line = changed[: changed.index("official:")].count("\n") + 1
    assert refused(desk, 2026) == (
        f"{line}: official: has 2026 with other days than {package()}: 2026-02-14 (open as fri; official: "
        f"open as mon), 2026-10-05 (open; official: closed), 2026-10-12 (closed; official: open); {NEVER}"
    )


def test_of_many_differing_dates_six_are_named(desk: Path):
    run(desk, 2026, weekday="fri")
    desk.write_text(desk.read_text(encoding="utf-8").replace("  - 2026-10-05", "  - 2026-10-12"))
    assert "2026-10-05 (open; official: closed) and 2 more; a year" in refused(desk, 2026)


def test_a_desk_that_works_on_weekends_has_other_days_by_the_package_than_by_the_notice(desk: Path):
    open_on_saturday = DESK.replace("week: {", 'week: {sat: [["09:00", "12:00"]], ')
    desk.write_text(open_on_saturday, encoding="utf-8")
    run(desk, 2026, days=TYPED)
    assert "2026-02-21 (closed; official: open)" in refused(desk, 2026)


def test_days_that_the_file_has_of_its_own_stay(desk: Path):
    own = "holidays:\n  - 2026-06-06  # our anniversary\n  - 2026-10-01..2026-10-02  # ours, too\n  - 12-25\n"
    desk.write_text(DESK + own, encoding="utf-8")
    run(desk, 2026)
    text = desk.read_text(encoding="utf-8")
    assert text.startswith(DESK + own + "  # 2026: official days")
    assert "  - 2026-10-02  # National Day" not in text
    assert "  - 2026-10-05" in text


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (
            "holidays:\n  - 2026-02-14\n",
            (
                f"5: holidays: 2026-02-14 is closed in the file and a make-up day by {package()}; take it "
                "out of the file first"
            ),
        ),
        (
            "working_days:\n  2026-10-01: mon\n",
            (
                f"5: working_days: 2026-10-01 works in the file and is a day off by {package()}; take it "
                "out of the file first"
            ),
        ),
        (
            "years: [2026]\n",
            (
                "5: years: are the calendar's own, and official ones cannot stand beside them; add 2026 "
                "and its days to the file by hand"
            ),
        ),
        (
            "official: {country: DE, years: [2025]}\n",
            "5: official: is of DE, and these are days of CN",
        ),
        (
            "official: {country: CN, years: [2024]}\n",
            (
                "5: official: would leave out 2025 with 2026 added; freeze 2025 first, as years follow one "
                "another"
            ),
        ),
        (
            "holidays: [2026-06-06]  # ours\n",
            "5: holidays: has a comment that would be lost; write it on the line above the field",
        ),
        (
            "holidays: [2025-06-06]\n",
            (
                " holidays: 2025-06-06 lies outside the years of this calendar, once 2026 is frozen; "
                "nothing was written"
            ),
        ),
        ("holidays: [2026-06-31]\n", "5: holidays[0]: “2026-06-31” is no date of the calendar"),
    ],
)
def test_what_cannot_stand_beside_the_official_days_is_refused_by_the_line_of_the_file(
    desk: Path, own: str, reason: str
):
    desk.write_text(DESK + own, encoding="utf-8")
    assert refused(desk, 2026) == reason


def test_a_weekday_without_hours_is_refused(desk: Path):
    assert refused(desk, 2026, weekday="tue") == (
        "4: week: tue has no open hours, and make-up days would work as tue; name another day by --make-up-as"
    )


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ("holidays: [2025-01-01, 12-25]\n", "holidays:\n  - 2025-01-01\n  - 12-25\n  # 2026: "),
        ("holidays: [\n  2025-01-01,\n  12-25]\n", "holidays:\n  - 2025-01-01\n  - 12-25\n  # 2026: "),
        ("holidays:  # see [1]\n- 2025-01-01\n", "holidays:  # see [1]\n- 2025-01-01\n# 2026: "),
        ("holidays: []\n", "holidays:\n  # 2026: "),
        ("working_days: {2025-01-26: mon}\n", "\n  2025-01-26: mon\n  # 2026: make-up days"),
        ("working_days: {\n  2025-01-26: mon\n}\n", "\n  2025-01-26: mon\n  # 2026: make-up days"),
    ],
)
def test_a_list_on_one_line_becomes_one_of_a_day_a_line(desk: Path, written: str, opened: str):
    desk.write_text(f"{DESK}{written}official: {{country: CN, years: [2025]}}\n", encoding="utf-8")
    before = windows(desk, 2025)
    run(desk, 2026)
    assert opened in desk.read_text(encoding="utf-8")
    assert windows(desk, 2025) == before


@pytest.mark.parametrize(
    ("written", "after"),
    [
        ("  country: CN\n  years: [2025]  # ours\n", "\n  country: CN\n  years: [2025, 2026]  # ours\n"),
        ("  country: CN\n  years:\n    - 2025\n", "\nofficial: {country: CN, years: [2025, 2026]}\n"),
    ],
)
def test_the_year_goes_among_the_others_however_they_are_written(desk: Path, written: str, after: str):
    desk.write_text(f"{DESK}official:\n{written}", encoding="utf-8")
    run(desk, 2026)
    assert desk.read_text(encoding="utf-8").endswith(after)


def test_line_ends_and_the_byte_order_mark_stay(desk: Path):
    desk.write_bytes(b"\xef\xbb\xbf" + (DESK + OF_2025).replace("\n", "\r\n").encode())
    run(desk, 2026)
    after = desk.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf# ours\r\n")
    assert after.count(b"\n") == after.count(b"\r\n")


def test_a_file_in_one_line_is_refused(desk: Path):
    desk.write_text('{calendar: desk, timezone: Asia/Shanghai, week: {mon: [["09:00", "17:00"]]}}')
    assert refused(desk, 2026) == " must have each of its fields on lines of its own"


def test_a_year_without_make_up_days_leaves_the_field_out(desk: Path):
    lines = [line.partition(", working_days")[0] for line in NOTICE.splitlines()]
    text = "\n".join(f"{line}}}" if "{" in line and "}" not in line else line for line in lines)
    run(desk, 2026, days=read_notice("n.yaml", text.replace("make_up_days: 6", "make_up_days: 0").encode()))
    assert "working_days" not in desk.read_text(encoding="utf-8")


class TestTheYearBefore:
    """A break over New Year's Day moves days of December before."""

    def test_days_of_a_year_that_the_calendar_has_not_are_left_out_and_that_is_said(self, desk: Path):
        said = run(desk, 2023, days=read_notice("n.yaml", OF_2023.encode()))
        assert said.splitlines()[-1] == (
            "2022-12-31 by n.yaml: left out, as 2022 is not among the years of the calendar"
        )
        assert "2022" not in desk.read_text(encoding="utf-8")

    def test_without_a_file_that_is_a_comment(self):
        said = run(None, 2023, days=read_notice("n.yaml", OF_2023.encode()))
        assert said.splitlines()[-1].startswith("# 2022-12-31 by n.yaml: left out")

    @pytest.mark.parametrize(
        ("year", "day", "how"),
        [
            (2012, "2011-12-31", "closed; official: open as mon"),  # a Saturday that was worked
            (2019, "2018-12-31", "open; official: closed"),  # a Monday off, made up on Saturday 29
        ],
    )
    def test_a_day_that_the_file_has_otherwise_is_a_finding(self, desk: Path, year: int, day: str, how: str):
        desk.write_text(f"{DESK}official: {{country: CN, years: [{year - 1}]}}\n", encoding="utf-8")
        before, out = windows(desk, year - 1), StringIO()
        assert freeze(official_days("CN", [year]), desk, "mon", out) == 1
        findings = [line for line in out.getvalue().splitlines() if day in line]
        assert findings == [f"{desk}: {day} ({how}) by {package()}, and was not changed: {NEVER}"]
        assert windows(desk, year - 1) == before
        assert f"years: [{year - 1}, {year}]" in desk.read_text(encoding="utf-8")

    @pytest.mark.parametrize("year", [2012, 2019])
    def test_a_day_that_the_file_has_is_none(self, desk: Path, year: int):
        run(desk, year - 1)
        assert "was not changed" not in run(desk, year)


@pytest.mark.parametrize(
    ("country", "years", "reason"),
    [
        (
            "CN",
            [2027],
            (
                f"--years 2027: {package()} has no official days of 2027 yet; the State Council's notice is "
                "expected by 2026-12-08 (those for 2017 to 2026 came out between 25 October and 8 December "
                "of the year before); then take a newer package, or type the notice into a file for --from "
                "(docs/how-to/prepare-the-new-year.md)"
            ),
        ),
        ("CN", [2026, 2028], f"--years 2028: {package()} has no official days of 2028 yet; "),
        (
            "CN",
            [2000],
            f"--years 2000: {package()} has no notice of 2000; type its days into a file for --from",
        ),
        ("DE", [2026], "--country DE: official days are known for CN only"),
    ],
)
def test_what_is_not_official_is_refused(country: str, years: list[int], reason: str):
    with pytest.raises(RefusalError) as bad:
        official_days(country, years)
    assert str(bad.value).startswith(reason)


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(RefusalError, match=r"none\.yaml: No such file"):
        run(tmp_path / "none.yaml", 2026)
