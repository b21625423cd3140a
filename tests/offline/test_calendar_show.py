"""`calendar show`: what is open, day by day; and calendars in explanations and `policies check`."""

from datetime import date, datetime
from io import StringIO
from pathlib import Path

import pytest

from schemas.instant import milliseconds, read
from service.errors import RefusalError
from service.explain.derivation import derivation
from service.offline.calendar_show import show
from service.offline.policies_check import check
from service.policy.directory import read_policies
from service.sla.calendar.calendar import YearUnknown
from tests.policy.vip import VIP
from tests.sla.stories import fact

CN = Path(__file__).parents[2] / "policies" / "calendars" / "cn.yaml"
BERLIN = """\
calendar: berlin
timezone: Europe/Berlin
week: {sat: [["22:00", "24:00"]], sun: [["00:00", "04:00"]], mon: [["09:00", "17:00"]]}
"""
POLICY = """\
policy: berlin
version: 1
effective_from: 2026-03-02T00:00:00+01:00
calendar: berlin
clocks:
  response:
    start: received
    stop: [response_started]
    levels: [{level: minor, after: 2h}]
"""


def shown(path: Path, since: str, to: str) -> list[str]:
    out = StringIO()
    moments = [read(text) if "T" in text else date.fromisoformat(text) for text in (since, to)]
    assert show(path, *moments, out) == 0
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


@pytest.fixture
def berlin(tmp_path: Path) -> Path:
    (tmp_path / "calendars").mkdir()
    path = tmp_path / "calendars" / "berlin.yaml"
    path.write_text(BERLIN, encoding="utf-8")
    (tmp_path / "berlin.yaml").write_text(POLICY, encoding="utf-8")
    return path


def test_the_days_around_chinese_new_year():
    lines = shown(CN, "2026-02-13", "2026-02-16")
    assert lines == [
        "calendar cn · Asia/Shanghai · official days of 2025 to 2026",
        "",
        "2026-02-13 fri 09:00–12:00 13:00–18:00 8h",
        "2026-02-14 sat 09:00–12:00 13:00–18:00 8h works as mon",
        "2026-02-15 sun closed 0s",
        "2026-02-16 mon closed 0s holiday",
        "",
        "4 days, 2 working days, 4 stretches, 16h",
    ]


def test_a_shift_of_the_clocks_is_marked(berlin: Path):
    assert shown(berlin, "2026-03-28", "2026-03-29")[2:] == [
        "2026-03-28 sat 22:00–24:00 2h",
        "2026-03-29 sun 00:00–04:00 3h the day has 23h",
        "",
        "2 days, 2 working days, 2 stretches, 5h",
    ]


def test_an_instant_cuts_a_stretch():
    lines = shown(CN, "2026-02-13T10:00:00+08:00", "2026-02-13T08:00:00Z")
    assert lines[2:] == [
        "2026-02-13 fri 10:00–12:00 13:00–16:00 5h",
        "",
        "1 days, 1 working days, 2 stretches, 5h",
    ]


def test_a_year_without_official_days_is_refused():
    with pytest.raises(YearUnknown, match="calendar cn: the answer needs 2027"):
        shown(CN, "2026-12-31", "2027-01-01")


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(RefusalError, match="--to must be later than --from"):
        shown(CN, "2026-02-14", "2026-02-13")


def test_policies_check_shows_what_comes_before_special_days(berlin: Path):
    out = StringIO()
    assert check(berlin.parents[1], out, StringIO(), None) == 0
    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    at = lines.index("by calendar berlin (Europe/Berlin), when a clock starts before")
    # The hour before: Monday 16:00, then two hours are due on Saturday; Saturday 23:00, over the shift.
    assert lines[at + 2 : at + 5] == [
        "a weekend a shift of the clocks",
        "clock level after 2026-03-02 16:00+01:00 2026-03-28 23:00+01:00",
        "response minor 2h 2026-03-07 23:00+01:00 2026-03-29 01:00+01:00",
    ]


def test_an_explanation_shows_open_closed_and_paused_time_apart(berlin: Path):
    policy = POLICY.replace("levels:", "pause: true\n    levels:")
    (berlin.parents[1] / "berlin.yaml").write_text(policy, encoding="utf-8")
    policies = read_policies(berlin.parents[1]).policies

    def ms(text: str) -> int:
        return milliseconds(datetime.fromisoformat(text))

    facts = [
        fact("received", ms("2026-03-02T15:00:00+01:00")),
        fact("paused", ms("2026-03-02T16:00:00+01:00")),
        fact("resumed", ms("2026-03-07T22:30:00+01:00")),
        fact("response_started", ms("2026-03-07T23:00:00+01:00")),
    ]
    said = derivation("t-1", "default", facts, policies, ms("2026-03-08T23:00:00+01:00"))
    [clock] = said["cycles"][0]["clocks"]
    minutes = [
        tuple(part[name] // 60_000 for name in ("counted", "paused", "closed")) for part in clock["stretches"]
    ]
    assert minutes == [(60, 0, 0), (0, 60, 0), (0, 0, 5 * 1440 + 5 * 60), (0, 30, 0), (30, 0, 0)]
    [level] = clock["levels"]
    start, spent = ms("2026-03-02T15:00:00+01:00"), 2 * 3_600_000
    due = start + spent + level["paused_before_due"] + level["closed_before_due"]
    assert level["due_at"] == "2026-03-07T22:30:00.000Z"
    assert due == ms("2026-03-07T23:30:00+01:00")


def test_around_the_clock_nothing_is_said_of_a_calendar(tmp_path: Path):
    (tmp_path / "vip.yaml").write_text(VIP, encoding="utf-8")
    out = StringIO()
    assert check(tmp_path, out, StringIO(), None) == 0
    assert "by calendar" not in out.getvalue()
