"""What an explanation says of a clock: its rules, its end, an open pause, working days, silences."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from schemas.instant import written
from service.explain.derivation import derivation
from service.explain.text import LANGUAGES, in_words
from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME
from service.sla.policy import Clock, Level, PausesThatCount, Policies
from tests.sla.hours import at as local
from tests.sla.hours import calendar
from tests.sla.stories import DAY, HOUR, MINUTE, RESPONSE, at, clock, fact, policy

YEAR = calendar("Asia/Shanghai", range(2026, 2027), mon_fri="9-18")


def derived(
    facts: list[Fact], *clocks: Clock, when: int = END_OF_TIME, **silent_for: int | None
) -> Mapping[str, Any]:
    promise = replace(policy(*clocks).versions[0], **silent_for)  # type: ignore[arg-type]
    return derivation("T1", "default", facts, Policies([promise]), when)


def told(part: Mapping[str, Any], lang: str = "en") -> list[str]:
    return [line.replace("2026-03-02T", "") for line in in_words(part, lang)]


@pytest.mark.parametrize(
    ("stop", "pauses", "rule", "line"),
    [
        (
            "feedback_delivered",
            False,
            (["feedback_delivered"], False),
            "from received to feedback_delivered; runs on in pauses",
        ),
        (
            "resolved response_started",
            True,
            (["response_started", "resolved"], True),
            "from received to response_started or resolved; stands still in every pause",
        ),
        (
            "",
            frozenset({"vendor", "customer"}),
            ([], ["customer", "vendor"]),
            "from received, no fact stops it; stands still in pauses for customer or vendor",
        ),
    ],
)
def test_a_clock_says_what_starts_stops_and_pauses_it(
    stop: str, pauses: PausesThatCount, rule: tuple[list[str], bool | list[str]], line: str
) -> None:
    one = clock("c", "received", stop, {"minor": HOUR}, pauses=pauses)
    part = derived([fact("received", "09:00")], one)
    (found,) = part["cycles"][0]["clocks"]
    assert found["start_kind"] == "received"
    assert (found["stop_kinds"], found["pause"]) == rule
    assert f"    {line}" in told(part)


PAUSING = clock("c", "received", "feedback_delivered", {"minor": HOUR}, pauses=True)
OPEN_PAUSE = [
    fact("received", "09:00"),
    fact("paused", "09:10"),
    fact("resumed", "09:20"),
    fact("paused", "09:45"),
]


@pytest.mark.parametrize(
    ("when", "elapsed", "since"),
    [
        (at("09:44:59.999"), [10, 10, 35 - 1 / 60_000], None),
        (at("09:45"), [10, 10, 35], "09:45:00.000Z"),
        (at("09:45:00.001"), [10, 10, 35, 35], "09:45:00.000Z"),
        (at("12:00"), [10, 10, 35, 35], "09:45:00.000Z"),
        (END_OF_TIME, [10, 10, 35], "09:45:00.000Z"),
    ],
)
def test_the_time_before_an_open_pause_is_shown_at_any_instant(
    when: int, elapsed: list[float], since: str | None
) -> None:
    part = derived(OPEN_PAUSE, PAUSING, when=when)
    (found,) = part["cycles"][0]["clocks"]
    assert [one["elapsed"] for one in found["stretches"]] == [round(one * MINUTE) for one in elapsed]
    assert found["paused_since"] == (since and f"2026-03-02T{since}")
    lines = [line for line in told(part) if "paused since" in line]
    assert lines == ([f"      paused since {since}, without an end"] if since else [])


def test_a_pause_that_ended_is_not_said_to_be_open() -> None:
    (found,) = derived(OPEN_PAUSE[:3], PAUSING)["cycles"][0]["clocks"]
    assert found["paused_since"] is None


def test_a_pause_that_is_open_since_before_the_clock_counts_from_its_start() -> None:
    late = clock("c", "resolved", "feedback_delivered", {"minor": HOUR}, pauses=True)
    facts = [fact("received", "09:00"), fact("paused", "09:10"), fact("resolved", "09:30")]
    (found,) = derived(facts, late)["cycles"][0]["clocks"]
    assert (found["paused_since"], found["stretches"]) == ("2026-03-02T09:30:00.000Z", [])


def in_days(days: int) -> Clock:
    return replace(
        clock("result", "received", "feedback_delivered", {}),
        levels=(Level("minor", None, days),),
        calendar=YEAR,
    )


@pytest.mark.parametrize(
    ("received", "days", "dates"),
    [
        ("2026-03-05 08:00", 1, ["2026-03-06"]),
        ("2026-03-06 23:59", 2, ["2026-03-09", "2026-03-10"]),  # after a Friday
        ("2026-03-07 00:00", 1, ["2026-03-09"]),
        ("2026-12-30 10:00", 1, ["2026-12-31"]),
        ("2026-12-30 10:00", 2, ["2026-12-31"]),  # nobody knows the next one yet
        ("2026-12-31 10:00", 1, []),
    ],
)
def test_a_target_in_working_days_names_the_dates_that_count(
    received: str, days: int, dates: list[str]
) -> None:
    part = derived([fact("received", local(YEAR, received))], in_days(days))
    (level,) = part["cycles"][0]["clocks"][0]["levels"]
    assert (level["dates"], level["zone"]) == (dates, "Asia/Shanghai")
    if len(dates) == days:
        close = written(local(YEAR, f"{dates[-1]} 18:00"))
        assert level["due_at"] == close
        assert f"      due = close of {dates[-1]} = {close}" in told(part)
    else:
        assert level["due_at"] is None
    if dates:
        assert f"        {' '.join(dates)}" in told(part)


def test_many_dates_are_cut_in_text_and_listed_in_json() -> None:
    part = derived([fact("received", local(YEAR, "2026-03-02 10:00"))], in_days(31))
    (level,) = part["cycles"][0]["clocks"][0]["levels"]
    assert len(level["dates"]) == 31
    assert all(len(line) < 80 for line in told(part) if line.startswith("        2026"))
    assert "        … " in "\n".join(told(part))
    (level,) = derived([fact("received", at("09:00"))], RESPONSE)["cycles"][0]["clocks"][0]["levels"][:1]
    assert (level["dates"], level["zone"]) == ([], None)


@pytest.mark.parametrize(("late", "counts"), [(-1, True), (0, True), (1, False)])
def test_the_fact_that_ended_a_clock_in_an_unknown_year_is_named(late: int, counts: bool) -> None:
    touch = replace(clock("touch", "received", "reassigned", {"minor": HOUR}), calendar=YEAR)
    end = local(YEAR, "2027-01-01 00:00") + late
    part = derived([fact("received", local(YEAR, "2026-12-30 10:00")), fact("reassigned", end)], touch)
    (found,) = part["cycles"][0]["clocks"]
    assert (found["end"], found["end_beyond"]) == ((2, None) if counts else (None, 2))
    sentence = f"    ended by F2 at {written(end)}: the calendar lacks that year"
    assert (sentence in told(part)) is not counts
    assert "    has not ended" not in told(part)


RECEIVED, DONE = fact("received", "09:00"), fact("response_started", "09:30")


@pytest.mark.parametrize(
    ("facts", "when", "level", "state", "because"),
    [
        ([RECEIVED], at("09:20") - 1, "warning", "running", "not_silent_yet"),
        ([RECEIVED], at("09:20"), "warning", "running", "not_silent_yet"),
        ([RECEIVED], at("09:20") + 1, "warning", "at_risk", "silent"),
        ([RECEIVED, DONE], at("10:00"), "warning", "not_applicable", "no_clock_warning"),
        ([RECEIVED, fact("paused", "09:10")], at("10:00"), "warning", "not_applicable", "no_clock_warning"),
        ([RECEIVED], at("12:00"), "warning-held", "not_applicable", "no_clock_warning-held"),
        ([RECEIVED, fact("paused", "09:10")], at("10:10"), "warning-held", "paused", "not_silent_yet"),
        ([RECEIVED, fact("paused", "09:10")], at("10:10") + 1, "warning-held", "at_risk", "silent"),
    ],
)
def test_each_silence_says_when_it_is_one_and_why_not(
    facts: list[Fact], when: int, level: str, state: str, because: str
) -> None:
    one = clock("response", "received", "response_started", {"minor": DAY}, pauses=True)
    part = derived(facts, one, when=when, stalled_after_ms=20 * MINUTE, held_after_ms=HOUR)
    found = {silence["level"]: silence for silence in part["cycles"][0]["silences"]}[level]
    assert (found["clock"], found["state"], found["because"]) == ("activity", state, because)
    latest = written(facts[-1].time)
    assert (found["latest"], found["latest_at"]) == (len(facts), latest)
    due = facts[-1].time + (20 * MINUTE if level == "warning" else HOUR)
    assert found["due_at"] == written(due)
    for lang in LANGUAGES:
        assert told(part, lang)


def test_a_silence_in_words() -> None:
    part = derived([RECEIVED], RESPONSE, when=at("09:21"), stalled_after_ms=20 * MINUTE)
    lines = told(part)
    begin = lines.index("  Silence activity, level warning, while a clock runs:")
    assert lines[begin : begin + 4] == [
        "  Silence activity, level warning, while a clock runs:",
        "    at most 1200.000 s (0:20:00) without a fact",
        "    due = 09:00:00.000Z (F1, the latest) + 1200.000 s = 09:20:00.000Z",
        "    09:20:00.000Z (due) has passed: AT RISK (warning)",
    ]


def test_silences_are_of_the_last_cycle_only() -> None:
    facts = [RECEIVED, DONE, fact("reopened", "10:00")]
    part = derived(facts, RESPONSE, when=at("11:00"), stalled_after_ms=20 * MINUTE)
    assert [len(cycle["silences"]) for cycle in part["cycles"]] == [0, 1]


def test_a_clock_that_has_not_started_says_what_starts_it() -> None:
    care = clock("care", "followed_up", "closed", {"minor": DAY})
    part = derived([RECEIVED], RESPONSE, care)
    assert part["cycles"][0]["not_started"] == [{"clock": "care", "start": "followed_up"}]
    assert "  Clock care has not started: it starts with followed_up" in told(part)
    assert part["no_verdict"] == []
