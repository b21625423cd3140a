"""Every number of an explanation can be redone by hand, and it says what the judge says."""

import io
import json
import re
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.instant import milliseconds
from service.errors import RefusalError
from service.explain.derivation import derivation
from service.explain.translations import WORDS
from service.offline.explain import explain, explain_facts
from service.policy.directory import read_policies
from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME, judge
from service.sla.policy import Policies
from tests.offline.exports import HELPDESK, PROJECT, SAMPLE
from tests.sla.stories import GENERAL, HOUR, LETTER, MIDNIGHT, MINUTE, at, clock, fact, policy

PAUSING = policy(
    clock(
        "resolution",
        "received",
        "feedback_delivered",
        {"minor": HOUR, "major": 2 * HOUR},
        GENERAL,
        pauses=True,
    )
)
PAUSED = [
    fact("received", "09:00"),
    fact("paused", "09:10", reason="customer"),
    fact("resumed", "09:30"),
    fact("feedback_delivered", "10:40"),
]


def text(facts: list[Fact], policies: Policies, when: int = END_OF_TIME, lang: str = "en") -> str:
    out = io.StringIO()
    explain_facts("T1", "default", facts, policies, when, as_json=False, lang=lang, out=out)
    return out.getvalue()


def test_the_arithmetic_of_a_paused_clock_line_by_line() -> None:
    (told,) = re.findall(r"  Clock resolution.*", text(PAUSED, PAUSING), re.DOTALL)
    day = "2026-03-02T"
    assert told.replace(day, "").splitlines() == [
        "  Clock resolution, clause 0, calendar always",
        "    from received to feedback_delivered; stands still in every pause",
        "    for tickets with complexity=general",
        "    starts with F1 at 09:00:00.000Z",
        "    stopped by F4 at 10:40:00.000Z",
        "      09:00:00.000Z → 09:10:00.000Z  running 600.000 s  | elapsed 600.000 s",
        "      09:10:00.000Z → 09:30:00.000Z  paused 1200.000 s  | elapsed 600.000 s",
        "      09:30:00.000Z → 10:20:00.000Z  running 3000.000 s  | elapsed 3600.000 s",
        "      10:20:00.000Z → 10:40:00.000Z  running 1200.000 s  | elapsed 4800.000 s",
        "    Level minor: at most 3600.000 s (1:00:00)",
        "      due = 09:00:00.000Z + 3600.000 s + 1200.000 s (paused) = 10:20:00.000Z",
        "      10:40:00.000Z (end) is after 10:20:00.000Z (due): BREACHED",
        "      overrun 1200.000 s (0:20:00)",
        "    Level major: at most 7200.000 s (2:00:00)",
        "      due = 09:00:00.000Z + 7200.000 s + 1200.000 s (paused) = 11:20:00.000Z",
        "      10:40:00.000Z (end) is not after 11:20:00.000Z (due): MET",
    ]


@pytest.mark.parametrize(
    ("facts", "when", "sentence"),
    [
        (PAUSED[:1], END_OF_TIME, "10:00:00.000Z (due) has passed and the clock has not ended: BREACHED"),
        (PAUSED[:1], at("10:00"), "10:00:00.000Z (due) has not passed yet: running"),
        (PAUSED[:2], at("12:00"), "the clock is paused, so nobody knows when its time is up: paused"),
        ([*PAUSED[:2], fact("withdrawn", "09:20")], END_OF_TIME, "the clock ended in a pause"),
        ([*PAUSED[:1], fact("withdrawn", "09:20")], END_OF_TIME, "cancelled (withdrawn) by F2 at"),
        (
            [fact("received", "09:00", complexity="complex")],
            END_OF_TIME,
            "the ticket has complexity=complex at 10:00:00.000Z: not applicable",
        ),
        (
            [
                fact("received", "09:00", complexity="complex"),
                fact("reclassified", "10:30", complexity="general"),
            ],
            at("10:45"),
            "to 10:00:00.000Z (due), the ticket never had complexity=general: running",
        ),
        (
            [
                *PAUSED[:1],
                fact("reclassified", "09:30", complexity="complex"),
                fact("reclassified", "10:30", complexity="general"),
            ],
            END_OF_TIME,
            "at 10:30:00.000Z the ticket had complexity=general, after 10:00:00.000Z (due): BREACHED",
        ),
        ([fact("resolved", "09:00")], END_OF_TIME, "neither received nor refused"),
        ([fact("received", MIDNIGHT)], END_OF_TIME, "No policy in force matches"),
    ],
)
def test_each_verdict_has_its_sentence(facts: list[Fact], when: int, sentence: str) -> None:
    policies = Policies([]) if facts[0].time == MIDNIGHT else PAUSING
    assert sentence in text(facts, policies, when).replace("2026-03-02T", "")


def test_a_due_instant_in_a_year_without_official_days_is_said_to_be_unknown() -> None:
    letters = read_policies(PROJECT / "policies").policies
    received = fact("received", milliseconds(datetime.fromisoformat("2026-12-30T10:00:00+08:00")))
    for lang, sentence in (
        ("en", "due in a year whose days the calendar does not know"),
        ("zh", "无法确定"),
    ):
        out = io.StringIO()
        explain_facts("T1", "letter-2", [received], letters, END_OF_TIME, as_json=False, lang=lang, out=out)
        assert sentence in out.getvalue()


def test_a_voided_fact_is_shown_and_does_not_count() -> None:
    mistake = fact("feedback_delivered", "09:30", id="oops")
    told = text([PAUSED[0], mistake, fact("voided", "09:40", event_id="oops")], PAUSING)
    assert "/desk oops, partition 0 offset" in told
    assert "does not count: voided" in told


def test_facts_of_a_log_are_shown_with_their_place_and_those_of_a_file_without() -> None:
    logged = Fact(at("09:00"), 0, "/desk", "a", {}, at("09:01"), 3, 77)
    filed = Fact(at("09:00"), 0, "/desk", "a", {}, 0, -1, -1)
    assert ", partition 3 offset 77, logged 2026-03-02T09:01:00.000Z)" in text([logged], LETTER)
    assert "(/desk a)" in text([filed], LETTER)


def test_chinese_has_every_sentence_and_every_blank_that_english_has() -> None:
    def blanks(sentences: Any) -> dict[str, set[str]]:
        return {key: set(re.findall(r"{(\w+)}", sentence)) for key, sentence in sentences.items()}

    assert blanks(WORDS["zh"]) == blanks(WORDS["en"])
    told = text(PAUSED, PAUSING, lang="zh").replace("2026-03-02T", "")
    assert (
        "到期 = 09:00:00.000Z + 3600.000 s + 1200.000 s（暂停） = 10:20:00.000Z".replace("（", " (").replace(
            "）", ")"
        )
        in told
    )
    assert "结束 10:40:00.000Z 晚于到期 10:20:00.000Z：违约" in told


def test_json_has_the_same_content() -> None:
    out = io.StringIO()
    explain_facts("T1", "default", PAUSED, PAUSING, END_OF_TIME, as_json=True, lang="en", out=out)
    (clock_,) = json.loads(out.getvalue())["cycles"][0]["clocks"]
    assert [(part["counted"], part["paused"], part["elapsed"]) for part in clock_["stretches"]] == [
        (600_000, 0, 600_000),
        (0, 1_200_000, 600_000),
        (3_000_000, 0, 3_600_000),
        (1_200_000, 0, 4_800_000),
    ]
    assert [(level["state"], level["because"]) for level in clock_["levels"]] == [
        ("breached", "ended_late"),
        ("met", "ended_in_time"),
    ]


def _ms(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text))


stories = st.lists(
    st.tuples(
        st.sampled_from(["paused", "resumed", "feedback_delivered", "withdrawn", "reclassified", "reopened"]),
        st.integers(0, 200),
    ),
    max_size=8,
)


@given(stories, st.integers(0, 400))
def test_by_hand_every_due_instant_and_every_sum_comes_out(
    story: list[tuple[str, int]], minutes: int
) -> None:
    start = at("09:00")
    data = {"reclassified": {"complexity": "complex"}}
    facts = [fact("received", start)]
    facts += [fact(word, start + minute * MINUTE, **data.get(word, {})) for word, minute in story]
    when = start + minutes * MINUTE
    derived = derivation("T1", "default", facts, PAUSING, when)
    clocks = [clock_ for cycle in derived["cycles"] for clock_ in cycle["clocks"]]
    states = [level["state"] for clock_ in clocks for level in clock_["levels"]]
    judged = judge(facts, PAUSING, "default", when)
    assert states == [str(verdict.state) for run in judged.runs for verdict in run.verdicts]
    for clock_ in clocks:
        elapsed = 0
        for part in clock_["stretches"]:
            assert part["length"] == _ms(part["until"]) - _ms(part["from"])
            assert part["length"] == part["counted"] + part["paused"] + part["closed"]
            elapsed += part["counted"]
            assert part["elapsed"] == elapsed
        for level in clock_["levels"]:
            if level["due_at"]:
                added = level["target"] + level["paused_before_due"] + level["closed_before_due"]
                assert _ms(clock_["started_at"]) + added == _ms(level["due_at"])


def test_a_ticket_of_an_export_is_explained_from_the_file() -> None:
    out = io.StringIO()
    source = {"events": str(SAMPLE), "mapping": HELPDESK, "policies": LETTER}
    assert explain("Case-902", **source, stdin=io.BytesIO(), out=out, err=io.StringIO()) == 0
    assert (
        "2026-03-02T08:45:00.000Z (end) is after 2026-03-02T08:30:00.000Z (due): BREACHED" in out.getvalue()
    )
    out = io.StringIO()
    assert explain("Case-1", **source, stdin=io.BytesIO(), out=out, err=io.StringIO()) == 1
    assert "export.csv has no record of this ticket." in out.getvalue()
    with pytest.raises(RefusalError, match="--lang fr: is none of en, zh"):
        explain("Case-902", **source, lang="fr", stdin=io.BytesIO(), out=out, err=io.StringIO())
