"""A small history, counted by hand."""

import io
import json
import random
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.offline.simulate import simulate
from service.policy.directory import read_policies
from service.report.columns import STATES
from service.report.from_file import from_file
from service.report.request import Asked, Range, Zones, period
from service.sla.calendar.calendar import ALWAYS
from service.sla.facts import Kind
from service.sla.policy import Clock, Level, Policies, Policy
from tests.offline.exports import HELPDESK, PROJECT, SAMPLE
from tests.offline.reports import AUCKLAND, BEIJING, HISTORY, counts, event, reported
from tests.sla.stories import HOUR, LETTER, MINUTE, at, clock, policy

RESPONSE = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}))


def test_each_level_counts_where_its_due_instant_lies() -> None:
    assert counts(reported(*HISTORY)["figures"], "period", "tenant", "clock", "level") == {
        ("2026-03-02", "default", "response", "warning"): (1, 0),
        ("2026-03-02", "default", "response", "minor"): (1, 1),
        ("2026-03-02", "default", "response", "major"): (1, 1),
        ("2026-03-02", "default", "resolution", "minor"): (1, 1),
        ("2026-03-02", "default", "resolution", "major"): (2, 0),
        ("2026-03-03", "acme", "response", "warning"): (1, 0),
        ("2026-03-03", "acme", "response", "minor"): (1, 0),
        ("2026-03-03", "acme", "response", "major"): (1, 0),
    }


def test_attainment_is_met_of_met_and_breached_and_counts_nothing_cancelled() -> None:
    document = reported(*HISTORY)
    totals = {(row["clock"], row["level"]): row for row in document["totals"]}
    assert totals["response", "minor"]["attainment"] == 0.666666  # rounded down
    assert totals["resolution", "major"]["attainment"] == 1
    assert totals["resolution", "minor"] | {"clock": "", "level": ""} == {
        "clock": "",
        "level": "",
        "met": 1,
        "breached": 1,
        "at_risk": 0,
        "cancelled": 1,
        "not_applicable": 0,
        "running": 0,
        "paused": 0,
        "attainment": 0.5,
    }
    # T1 and T2 were never complex, T3 neither: nothing was decided
    assert totals["preliminary_solution", "major"]["attainment"] is None
    assert totals["preliminary_solution", "major"]["not_applicable"] == 3


def test_a_warning_is_no_promise_so_nothing_of_it_is_attained() -> None:
    totals = {(row["clock"], row["level"]): row for row in reported(*HISTORY)["totals"]}
    assert totals["response", "warning"]["at_risk"] == 1
    assert totals["response", "warning"]["met"] == 2
    assert totals["response", "warning"]["attainment"] is None


def test_customers_are_counted_each_for_itself() -> None:
    rows = reported(*HISTORY, by="month")["customers"]
    found = counts(rows, "period", "tenant", "customer_id", "clock", "level")
    assert found["2026-03", "default", "c2", "response", "minor"] == (0, 1)
    assert found["2026-03", "default", "c1", "response", "minor"] == (1, 0)
    assert found["2026-03", "acme", "c3", "response", "minor"] == (1, 0)


def test_breaches_by_weekday_and_hour_of_the_due_instant() -> None:
    # Monday is 1. In UTC: the resolution of T1 at 11:00, the response of T2 at 18:00 and 18:30.
    assert reported(*HISTORY)["hours"] == [
        {"weekday": 1, "hour": 11, "breached": 1},
        {"weekday": 1, "hour": 18, "breached": 2},
    ]
    assert reported(*HISTORY, zone=BEIJING)["hours"] == [
        {"weekday": 1, "hour": 19, "breached": 1},
        {"weekday": 2, "hour": 2, "breached": 2},
    ]


def test_satisfaction_is_dated_by_its_own_instant() -> None:
    none = {"score_1": 0, "score_2": 0, "score_3": 0, "score_4": 0, "score_5": 0}
    assert reported(*HISTORY)["satisfaction"] == [
        {"period": "2026-03-02", "tenant": "default", "answers": 1, "mean": 2} | none | {"score_2": 1},
        {"period": "2026-03-03", "tenant": "default", "answers": 1, "mean": 5} | none | {"score_5": 1},
    ]
    (month,) = reported(*HISTORY, by="month")["satisfaction"]
    assert (month["answers"], month["mean"]) == (2, 3.5)


def test_a_voided_score_does_not_count() -> None:
    voided = event("T2", "voided", "03-04T08:00", "k", event_id="g")
    assert [row["answers"] for row in reported(*HISTORY, voided, by="month")["satisfaction"]] == [1]


@pytest.mark.parametrize(
    ("received", "day"),
    [("03-02T15:29", "2026-03-02"), ("03-02T15:30", "2026-03-03"), ("03-02T15:31", "2026-03-03")],
)
def test_a_day_begins_at_local_midnight(received: str, day: str) -> None:
    """Due 30 minutes later: at 23:59, 00:00 and 00:01 in Beijing."""
    document = reported(event("T1", "received", received, "a"), policies=RESPONSE, zone=BEIJING)
    assert [row["period"] for row in document["figures"]] == [day]


@pytest.mark.parametrize(
    ("instant", "by", "label"),
    [
        ("00:00", "day", "2026-03-02"),
        ("00:00", "week", "2026-W10"),
        ("00:00", "month", "2026-03"),
    ],
)
def test_periods_are_named_as_iso_8601_names_them(instant: str, by: str, label: str) -> None:
    assert period(at(instant), ZoneInfo("UTC"), by) == label


def test_the_last_days_of_a_year_may_lie_in_week_1_of_the_next() -> None:
    assert period(1_767_139_200_000, ZoneInfo("UTC"), "week") == "2026-W01"  # 2025-12-31


def test_a_date_is_included_an_instant_is_not() -> None:
    def found(range: Range) -> int:
        line = event("T1", "received", "03-02T09:00", "a")
        return len(reported(line, policies=RESPONSE, range=range)["figures"])

    due = at("09:30")
    assert [found(Range(None, date(2026, 3, day))) for day in (1, 2, 3)] == [0, 1, 1]
    assert [found(Range(date(2026, 3, day), None)) for day in (1, 2, 3)] == [1, 1, 0]
    assert [found(Range(None, due + late)) for late in (-1, 0, 1)] == [0, 0, 1]
    assert [found(Range(due + late, None)) for late in (-1, 0, 1)] == [1, 1, 0]


def test_a_clock_with_a_calendar_is_dated_in_its_zone_whatever_zone_is_asked_for() -> None:
    local, world = (
        Clock(
            name, None, Kind.RECEIVED, frozenset({Kind.CLOSED}), (), False, (Level("minor", HOUR),), calendar
        )
        for name, calendar in (("local", AUCKLAND), ("world", ALWAYS))
    )
    both = Policies([Policy("p", 1, "0" * 64, 0, {}, (), (local, world))])
    document = reported(event("T1", "received", "03-02T10:30", "a"), policies=both, zone=BEIJING)
    # Due at 11:30 UTC: 00:30 of the next day in Auckland (+13), 19:30 in Beijing.
    assert counts(document["figures"], "period", "clock") == {
        ("2026-03-02", "world"): (0, 1),
        ("2026-03-03", "local"): (0, 1),
    }
    assert document["report"]["zones"] == ["Pacific/Auckland", "UTC+08:00"]


def test_without_a_zone_it_is_that_of_the_policys_effective_from() -> None:
    versions = LETTER.versions
    assert Zones(None, {("test", 1): BEIJING}).of_policy(versions[0]) == BEIJING
    assert str(Zones(None, {}).of_policy(None)) == "UTC"


def test_an_unknown_due_instant_belongs_to_no_period_and_is_listed_last() -> None:
    paused = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}, pauses=True))
    document = reported(
        event("T1", "received", "03-02T09:00", "a"),
        event("T1", "paused", "03-02T09:10", "b"),
        event("T2", "received", "03-02T09:00", "c"),
        policies=paused,
        range=Range(date(2026, 3, 1), date(2026, 3, 31)),
    )
    assert [(row["period"], row["paused"], row["breached"]) for row in document["figures"]] == [
        ("2026-03-02", 0, 1),
        (None, 1, 0),
    ]


def test_until_is_the_instant_of_the_judgement() -> None:
    line = event("T1", "received", "03-02T09:00", "a")
    (row,) = reported(line, policies=RESPONSE, until=at("09:30"))["figures"]
    assert (row["running"], row["breached"], row["attainment"]) == (1, 0, None)


def test_a_tenants_report_has_nothing_of_another() -> None:
    document = reported(*HISTORY, tenant="acme")
    assert {row["tenant"] for row in document["figures"]} == {"acme"}
    assert (document["report"]["tickets"], document["satisfaction"], document["hours"]) == (1, [], [])


def test_how_long_clocks_took_stands_against_their_limits() -> None:
    (response,) = [row for row in reported(*HISTORY)["lengths"] if row["clock"] == "response"]
    assert [response[name] for name in ("stopped", "median_seconds", "longest_seconds")] == [3, 1200, 7200]
    filled = [
        (bucket["above_seconds"], bucket["to_seconds"], bucket["count"], bucket["exceeds"])
        for bucket in response["buckets"]
        if bucket["count"]
    ]
    assert filled == [(0, 300, 1, None), (900, 1200, 1, None), (3600, 7200, 1, "major")]


def test_what_was_cancelled_took_no_time() -> None:
    lengths = {row["clock"]: row["stopped"] for row in reported(*HISTORY)["lengths"]}
    assert lengths == {"response": 3, "resolution": 2}  # not that of T3, which was withdrawn


def test_it_names_the_policies_and_hashes_its_inputs(tmp_path: Path) -> None:
    document = reported(*HISTORY)
    (named,) = document["report"]["policies"]
    assert (named["id"], named["version"], named["sha256"]) == ("test", 1, "0" * 64)
    (read,) = document["report"]["inputs"]
    assert (read["name"], len(read["sha256"])) == ("standard input", 64)


def test_the_hash_of_the_facts_is_the_same_for_any_order_and_repetition_of_lines() -> None:
    expected = reported(*HISTORY)["report"]["facts_sha256"]
    shuffled = random.Random(7).sample(HISTORY, len(HISTORY))
    again = reported(*shuffled, HISTORY[0])["report"]
    assert again["facts_sha256"] == expected
    assert reported(*HISTORY[1:])["report"]["facts_sha256"] != expected


def test_a_range_in_which_nothing_was_due_gives_an_empty_report() -> None:
    document = reported(*HISTORY, range=Range(date(2020, 1, 1), date(2020, 12, 31)))
    assert [document[name] for name in ("totals", "figures", "customers", "hours", "lengths")] == [[]] * 5


def test_a_file_cannot_tell_of_retractions() -> None:
    assert reported(*HISTORY)["retractions"] is None


def test_lines_that_are_no_events_are_told_and_the_rest_is_counted() -> None:
    err = io.StringIO()
    raw = ("not json\n" + "\n".join(HISTORY)).encode()
    document, code = from_file(
        "-", Asked(Zones(None, {})), LETTER, mapping=None, stdin=io.BytesIO(raw), err=err
    )
    assert (code, document["report"]["tickets"]) == (1, 3)
    assert err.getvalue().startswith("standard input:1: ")


def test_an_export_is_reported_through_its_mapping() -> None:
    document, code = from_file(
        str(SAMPLE),
        Asked(Zones(None, {})),
        LETTER,
        mapping=HELPDESK,
        stdin=io.BytesIO(),
        err=io.StringIO(),
    )
    assert code == 0
    assert [Path(read["name"]).name for read in document["report"]["inputs"]] == [
        "export.csv",
        "helpdesk.yaml",
    ]
    assert document["totals"]


def test_the_outages_of_a_desk_count_as_simulate_judges_them() -> None:
    """Its one channel is silent for an hour: out from a minute after its last sign on."""
    desk = read_policies(PROJECT / "policies" / "desks").policies
    lines = [
        json.dumps(
            {
                "specversion": "1.0",
                "id": time,
                "source": "/desk",
                "type": "channel.heartbeat",
                "subject": "support",
                "time": f"2026-03-02T{time}:00Z",
                "data": {"channel": "phone"},
            }
        )
        for time in ("09:00", "10:00")
    ]
    out = io.StringIO()
    raw = "".join(line + "\n" for line in lines).encode()
    simulate("-", policies=desk, clocks=True, stdin=io.BytesIO(raw), out=out, err=io.StringIO())
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    expected = Counter((row["clock"], row["level"], row["state"]) for row in rows)
    found = {
        (row["clock"], row["level"], state): row[state]
        for row in reported(*lines, policies=desk)["totals"]
        for state in STATES
        if row[state]
    }
    assert found == dict(expected)
    assert found["technical_support", "major", "breached"] >= 1


@pytest.mark.parametrize(
    ("until", "instant", "ended"),
    [
        (None, "2026-04-01T00:00:00+08:00", False),
        (date(2026, 3, 31), "2026-03-31T23:59:59.999+08:00", False),
        (date(2026, 3, 31), "2026-04-01T00:00:00+08:00", True),
        (date(2026, 3, 31), "2026-04-01T00:00:00.001+08:00", True),
        (1_000, "1970-01-01T00:00:00.999Z", False),
        (1_000, "1970-01-01T00:00:01.000Z", True),
    ],
)
def test_a_range_has_ended_when_nothing_later_lies_in_it(until, instant, ended):
    then = round(datetime.fromisoformat(instant).timestamp() * 1_000)
    asked = Range(None, until)
    assert asked.ends_by(then, BEIJING) is ended
    assert not (ended and asked.holds(then, BEIJING))
