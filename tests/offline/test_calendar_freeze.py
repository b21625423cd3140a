"""`calendar freeze`: official days go into the file, and nothing that is no official day."""

from io import StringIO
from pathlib import Path

import pytest

from service.errors import RefusalError
from service.offline.calendar_freeze import freeze
from service.offline.official_days import official_days
from service.policy.directory import read_calendar_at

CN = Path(__file__).parents[2] / "policies" / "calendars" / "cn.yaml"
DESK = """\
# ours
calendar: desk
timezone: Asia/Shanghai
week: {mon: [["09:00", "17:00"]], fri: [["09:00", "15:00"]]}   # short Fridays
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    path = tmp_path / "desk.yaml"
    path.write_text(DESK, encoding="utf-8")
    return path


def run(path: Path | None, *years: int, weekday: str = "mon") -> str:
    out = StringIO()
    assert freeze(official_days("CN", years), path, weekday, out) == 0
    return out.getvalue()


def test_the_file_of_this_repository_is_what_freezing_gives(tmp_path: Path):
    before = CN.read_text(encoding="utf-8")
    copy = tmp_path / "cn.yaml"
    copy.write_text(before[: before.index("holidays:")], encoding="utf-8")
    run(copy, 2025, 2026)
    assert read_calendar_at(copy).content == read_calendar_at(CN).content


def test_without_a_file_the_fields_are_printed():
    lines = run(None, 2026).splitlines()
    assert lines[1] == "  - 2026-01-01  # New Year's Day"
    assert "  2026-02-14: mon" in lines
    assert lines[-1] == "official: {country: CN, years: [2026]}"


def test_what_the_file_says_otherwise_stays(desk: Path):
    assert run(desk, 2026, weekday="fri") == f"{desk}: 22 holidays, 6 make-up days of 2026\n"
    text = desk.read_text(encoding="utf-8")
    assert text.startswith(DESK)
    assert "  2026-02-14: fri\n" in text


def test_freezing_twice_changes_nothing_and_another_year_is_added(desk: Path):
    run(desk, 2025, 2026)
    both = desk.read_text(encoding="utf-8")
    run(desk, 2026)
    assert desk.read_text(encoding="utf-8") == both
    desk.write_text(DESK, encoding="utf-8")
    run(desk, 2026)
    run(desk, 2025)
    assert desk.read_text(encoding="utf-8") == both


def test_days_of_other_years_stay_with_their_comments(desk: Path):
    own = "holidays:\n  - 2025-06-06  # our anniversary\n  - 2026-06-06\n# last\n"
    own += "official: {country: CN, years: [2025]}\n"
    desk.write_text(DESK + own, encoding="utf-8")
    run(desk, 2026)
    text = desk.read_text(encoding="utf-8")
    assert "  - 2025-06-06  # our anniversary\n" in text
    assert "2026-06-06" not in text
    assert "\n# last\n" in text
    assert text.endswith("official: {country: CN, years: [2025, 2026]}\n# last\n")


@pytest.mark.parametrize(
    ("country", "years", "reason"),
    [
        ("CN", [2027], "--years 2027: holidays .* has no make-up working days of 2027"),
        ("CN", [2026, 2027], "--years 2027: "),
        ("DE", [2026], "--country DE: official days are known for CN only"),
    ],
)
def test_what_is_not_official_is_refused(country: str, years: list[int], reason: str):
    with pytest.raises(RefusalError, match=reason):
        official_days(country, years)


def test_a_file_that_would_not_be_fit_is_left_alone(desk: Path):
    without_monday = DESK.replace('mon: [["09:00", "17:00"]], ', "")
    desk.write_text(without_monday, encoding="utf-8")
    with pytest.raises(RefusalError, match="mon has no open hours in week"):
        run(desk, 2026)
    assert desk.read_text(encoding="utf-8") == without_monday


def test_a_gap_between_the_years_is_refused(desk: Path):
    run(desk, 2024)
    with pytest.raises(RefusalError, match="leaves out 2025"):
        run(desk, 2026)


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(RefusalError, match=r"none\.yaml: No such file"):
        run(tmp_path / "none.yaml", 2026)
