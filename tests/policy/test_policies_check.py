"""`policies check`: each level's due instant, to compare with what was promised, or what is wrong."""

from io import StringIO
from pathlib import Path

import pytest

from service.offline.policies_check import check
from service.policy.policy_file import parse_instant
from tests.policy.vip import VIP

POLICIES = Path(__file__).parents[2] / "policies"


def run(directory: Path, receipt: str | None = None) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    code = check(directory, out, err, parse_instant(receipt) if receipt else None)
    return code, out.getvalue(), err.getvalue()


def test_letter_1_in_a_table() -> None:
    code, out, err = run(POLICIES, "2026-03-02T09:00:00+08:00")
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "when a clock starts at 2026-03-02 09:00:00.000+08:00:" in lines
    general = "2.3.3 received feedback_delivered complexity general"
    complex_ = "2.3.3 received preliminary_solution_provided complexity complex"
    expected = {
        "response 2.3.2 received response_started warning 24m 2026-03-02 09:24:00.000+08:00",
        "response 2.3.2 received response_started minor 30m 2026-03-02 09:30:00.000+08:00",
        "response 2.3.2 received response_started major 1h 2026-03-02 10:00:00.000+08:00",
        f"resolution {general} major 4h 2026-03-02 13:00:00.000+08:00",
        f"preliminary_solution {complex_} warning 3h12m 2026-03-02 12:12:00.000+08:00",
    }
    assert expected <= set(lines)


def test_without_a_receipt_time_the_policy_s_own_first_instant_counts() -> None:
    assert "when a clock starts at 2026-01-01 00:00:00.000+08:00:" in run(POLICIES)[1]


def test_a_receipt_before_the_policy_is_in_force_is_marked() -> None:
    _, out, _ = run(POLICIES, "2025-12-31T23:59:59.999+08:00")
    assert "when a clock starts at 2025-12-31 23:59:59.999+08:00 (not yet in force then):" in out


def test_the_table_also_shows_whom_it_is_for_and_when_silence_counts(tmp_path: Path) -> None:
    (tmp_path / "vip.yaml").write_text(VIP, encoding="utf-8")
    _, out, _ = run(tmp_path)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "in force from 2026-01-01 00:00:00.000+08:00 for tenant north, region 010 or 1:30 or no" in lines
    assert "activity any fact any fact warning 20m 2026-01-01 00:20:00.000+08:00" in lines


def test_bad_files_are_named_line_by_line_and_nothing_else_is_shown(tmp_path: Path) -> None:
    (tmp_path / "vip.yaml").write_text(VIP.replace("start:", "strat:"), encoding="utf-8")
    code, out, err = run(tmp_path)
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"{tmp_path}/vip.yaml:11: clocks.response.start: is missing",
        f"{tmp_path}/vip.yaml:13: clocks.response.strat: no such field; did you mean start?",
    ]


def test_a_missing_directory_is_bad_input(tmp_path: Path) -> None:
    assert run(tmp_path / "none")[0] == 2


def test_a_file_that_is_something_else_altogether_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "vip.yaml").write_text("some text", encoding="utf-8")
    assert run(tmp_path)[2].splitlines() == [
        f"{tmp_path}/vip.yaml:1: must be a mapping, {{like: this}}, not a text"
    ]


class TestCalendars:
    """Due instants by a calendar that knows some years only, to the second where it matters."""

    CALENDAR = """\
calendar: desk
timezone: Asia/Shanghai
week: {mon: [["09:00", "17:00:30"]], tue: [["09:00", "17:00"]], wed: [["09:00", "17:00"]]}
years: [2026]
"""
    POLICY = """\
policy: desk
version: 1
effective_from: 2026-01-05T09:00:00+08:00
calendar: desk
clocks:
  response:
    start: received
    stop: [response_started]
    levels: [{level: minor, after: 1h}, {level: major, after: 40h}]
  result:
    calendar: always
    start: received
    stop: [feedback_delivered]
    levels: [{level: major, after: 2h}]
"""

    def run(self, directory: Path, receipt: str) -> tuple[int, list[str]]:
        (directory / "calendars").mkdir()
        (directory / "calendars" / "desk.yaml").write_text(self.CALENDAR, encoding="utf-8")
        (directory / "desk.yaml").write_text(self.POLICY, encoding="utf-8")
        code, out, err = run(directory, receipt)
        assert err == ""
        return code, [" ".join(line.split()) for line in out.splitlines()]

    def test_every_row_is_there_and_says_where_no_due_instant_is_known_and_why(self, tmp_path: Path) -> None:
        code, lines = self.run(tmp_path, "2026-12-29T16:00:00+08:00")  # a Tuesday; the 30th has 8 h
        assert code == 1
        begin = lines.index("clock clause from until when level after due")
        assert lines[begin + 1 : begin + 6] == [
            "response received response_started minor 1h 2026-12-29 17:00:00.000+08:00",
            "response received response_started major 40h not known",
            "result received feedback_delivered major 2h 2026-12-29 18:00:00.000+08:00",
            "",
            "not known: calendar desk: the answer needs 2027, and it has the years 2026",
        ]
        assert lines[-1] == "1 policy version, due instants that are not known"

    def test_a_year_before_the_first_is_not_known_either(self, tmp_path: Path) -> None:
        code, lines = self.run(tmp_path, "2025-12-29T16:00:00+08:00")
        assert code == 1
        assert "response received response_started minor 1h not known" in lines
        assert "not known: calendar desk: the answer needs 2025, and it has the years 2026" in lines
        assert "result received feedback_delivered major 2h 2025-12-29 18:00:00.000+08:00" in lines

    def test_a_receipt_whose_due_instants_are_all_known_is_no_finding(self, tmp_path: Path) -> None:
        code, lines = self.run(tmp_path, "2026-11-30T09:00:00+08:00")
        assert (code, lines[-1]) == (0, "1 policy version, no problem")

    @pytest.mark.parametrize(
        ("receipt", "since", "due"),
        [
            ("05T16:00:30", "07 16:00", "07 17:00"),
            ("07T16:00:30", "07 16:00:30", "12 09:00:30"),
            ("07T16:00:30.250", "07 16:00:30.250", "12 09:00:30.250"),
        ],
    )
    def test_an_instant_is_shown_with_the_seconds_that_it_has(
        self, tmp_path: Path, receipt: str, since: str, due: str
    ) -> None:
        _, lines = self.run(tmp_path, f"2026-01-{receipt}+08:00")
        begin = lines.index("by calendar desk (Asia/Shanghai), when a clock starts before")
        assert lines[begin + 3] == f"clock level after 2026-01-{since}+08:00"
        assert lines[begin + 4] == f"response minor 1h 2026-01-{due}+08:00"
