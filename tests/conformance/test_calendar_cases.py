"""What other help desks' own tests say about hours, holidays, pauses and shifts of the clocks.

Facts and figures only, each under its id, through policy file, calendar file and judge.
Where `differs` is set, the figure is ours, and docs/conformance.md says theirs and why.
"""

import json
import re
from pathlib import Path

import pytest

from service.policy.bad_policies import BadPolicies
from service.sla.judge import Run
from tests.conformance.histories import Case, calendar_of, instant, judged

CASES: list[Case] = json.loads((Path(__file__).parent / "calendar_cases.json").read_text(encoding="utf-8"))
TABLE = Path(__file__).parents[2] / "docs" / "conformance.md"

ROUND = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
OFFICE = {day: [["10:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
PLAIN: Case = {"timezone": "UTC", "week": ROUND, "holidays": [], "stop": "resolved", "pause": True}


def last(case: Case) -> Run:
    return judged(case).runs[-1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['category']}")
def test_the_shared_figures(case: Case):
    expect, run = case["expect"], last(case)
    verdicts = {verdict.level.name: verdict for verdict in run.verdicts}
    for level, due in expect.get("due", {}).items():
        assert verdicts[level].due_at == (None if due is None else instant(due)), level
    calendar = run.clock.calendar
    if "elapsed_seconds" in expect:
        assert run.stopped_at is not None
        assert (
            calendar.elapsed(run.started_at, run.stopped_at, run.pauses) == expect["elapsed_seconds"] * 1000
        )
    if "paused_seconds" in expect:
        end = run.stopped_at or run.pauses[-1][1]
        assert end is not None
        assert calendar.paused(run.started_at, end, run.pauses) == expect["paused_seconds"] * 1000
    if "state" in expect:
        assert verdicts["breach"].state == expect["state"]


@pytest.mark.parametrize(
    ("id", "hours", "reason"),
    [
        ("zam-033", [["09:00", "00:00"]], "the end of a day is 24:00"),
        ("zam-034", [], "has no open hours"),
    ],
)
def test_hours_that_others_refuse_are_refused(id: str, hours: list[list[str]], reason: str):
    with pytest.raises(BadPolicies, match=reason):
        calendar_of({"timezone": "Europe/Berlin", "week": {"mon": hours}, "holidays": []})


@pytest.mark.parametrize(("id", "text"), [("znu-t4", "2021-02-30T00:00:00Z"), ("znu-t5", "52:82:62")])
def test_times_that_do_not_exist_are_refused(id: str, text: str):
    with pytest.raises(ValueError, match=r"date|time|RFC 3339"):
        instant(text)


def test_a_local_time_in_the_gap_moves_forward_znu_t1():
    calendar = calendar_of(
        {"timezone": "Europe/Berlin", "week": {"sun": [["02:05:12", "09:00"]]}, "holidays": []}
    )
    day = instant("2022-03-27T00:00:00+01:00"), instant("2022-03-28T00:00:00+02:00")
    assert calendar.open_between(*day)[0][0] == instant("2022-03-27T03:05:12+02:00")


def test_nothing_is_pending_once_a_ticket_is_resolved_zam_080():
    created, resolved = ["2026-01-05T12:00:00Z", "received"], ["2026-01-05T12:30:00Z", "resolved"]
    case = PLAIN | {"levels": {"breach": "60m"}, "at": "2026-01-05T12:30:00Z"}
    assert judged(case | {"facts": [created]}).next_at == instant("2026-01-05T13:00:00Z")
    assert judged(case | {"facts": [created, resolved]}).next_at is None


def test_a_ticket_raised_in_working_hours_fhd_030():
    calendar = calendar_of({"timezone": "UTC", "week": OFFICE, "holidays": []})
    raised = instant("2026-01-05T14:00:00Z")
    assert calendar.open_between(raised, raised + 1) == [(raised, raised + 1)]


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("received", 4, "2026-01-05T15:00:00Z"),
        ("received", 12, "2026-01-05T23:00:00Z"),
        ("reassigned", 2, "2026-01-05T14:00:00Z"),
        ("reassigned", 8, "2026-01-05T20:00:00Z"),
    ],
)
def test_each_clock_counts_from_its_own_start_glp_012(start: str, hours: int, due: str):
    facts = [["2026-01-05T11:00:00Z", "received"], ["2026-01-05T12:00:00Z", "reassigned"]]
    case = PLAIN | {"start": start, "levels": {"breach": f"{hours}h"}, "facts": facts}
    assert last(case).verdicts[0].due_at == instant(due)


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("2019-03-04T15:30:00Z", "met"),
        ("2019-03-04T16:00:00Z", "met"),  # just at the due instant
        ("2019-03-04T16:00:00.001Z", "breached"),
        ("2019-03-04T16:05:00Z", "breached"),
    ],
)
def test_a_reply_before_and_after_its_deadline_erp_016(reply: str, state: str):
    case = PLAIN | {
        "week": OFFICE,
        "stop": "response_started",
        "levels": {"breach": "240m"},
        "facts": [["2019-03-04T12:00:00Z", "received"], [reply, "response_started"]],
    }
    assert last(case).verdicts[0].state == state


def test_working_days_know_no_pauses_glp_008():
    case = PLAIN | {"levels": {"breach": "5 working days"}, "facts": []}
    with pytest.raises(BadPolicies, match="a clock that pauses cannot have a level in working days"):
        judged(case)


def test_every_case_that_differs_is_explained():
    told = set(re.findall(r"^\| ([a-z0-9-]+) ", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {case["id"] for case in CASES if case.get("differs")} <= told


def test_the_table_of_categories_counts_the_cases_of_the_other_tables():
    text = TABLE.read_text(encoding="utf-8")
    overview, *tables = text.split("\n## ")
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d*) ?\| (\d*) ?\| (\d*) ?\|$", overview, re.MULTILINE)
    counts = {name: [int(count or 0) for count in row] for name, *row in rows}
    assert counts.pop("all") == [sum(column) for column in zip(*counts.values(), strict=True)]
    assert all(cases == sum(others) for cases, *others in counts.values())
    assert sum(row[2] for row in counts.values()) == len(
        re.findall(r"^\| [a-z]{3}-", tables[0], re.MULTILINE)
    )
    assert {case["category"] for case in CASES} <= set(counts)
