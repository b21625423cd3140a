"""Judging a file: what stands, in which order, and what becomes of lines that are no events."""

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas.instant import written
from service.errors import RefusalError
from service.offline.simulate import simulate
from service.policy.directory import read_policies
from service.sla.policy import Policies
from tests.offline.exports import HELPDESK, PROJECT, SAMPLE
from tests.sla.hours import at as hours_at
from tests.sla.hours import calendar
from tests.sla.stories import HOUR, LETTER, MINUTE, at, clock, policy


def event(ticket: str, word: str, time: str, id: str, **data: Any) -> str:
    if word == "received":
        data = {"customer_id": "c1", "channel": "phone"} | data
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id,
            "source": "/desk",
            "type": f"complaint.{word}",
            "subject": ticket,
            "time": f"2026-03-02T{time}:00Z",
            "data": data,
        }
    )


def judged(
    content: bytes | str, policies: Policies = LETTER, **how: Any
) -> tuple[int, list[dict[str, Any]], list[str]]:
    """Exit code, rows and complaints of judging `content` as standard input."""
    raw = content.encode() if isinstance(content, str) else content
    out, err = io.StringIO(), io.StringIO()
    code = simulate("-", policies=policies, stdin=io.BytesIO(raw), out=out, err=err, **how)
    return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue().splitlines()


def lines(*events: str) -> str:
    return "".join(line + "\n" for line in events)


LATE = lines(event("T1", "received", "09:00", "a"), event("T1", "response_started", "09:45", "b"))


def test_a_line_says_what_stands_of_one_breach_id() -> None:
    code, rows, err = judged(
        LATE, policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}))
    )
    assert (code, err) == (0, [])
    (row,) = rows
    assert row | {"breach_id": "", "policy": {}} == {
        "type": "sla.breach_settled",
        "breach_id": "",
        "epoch": 0,
        "revision": 1,
        "state": "breached",
        "tenant": "default",
        "ticket_id": "T1",
        "customer_id": "c1",
        "cycle": 1,
        "clock": "response",
        "level": "minor",
        "rank": None,
        "supersedes": None,
        "clause": "0",
        "policy": {},
        "zone": "+00:00",
        "attributes": {
            "channel": "phone",
            "complexity": "general",
            "priority": None,
            "category": None,
            "service": None,
            "region": None,
            "team": None,
        },
        "started_at": "2026-03-02T09:00:00.000Z",
        "due_at": "2026-03-02T09:30:00.000Z",
        "stopped_at": "2026-03-02T09:45:00.000Z",
        "paused_seconds": 0,
        "elapsed_seconds": 2700,
        "overrun_seconds": 900,
        "detected_at": None,
        "late_detection": False,
        "reason": None,
        "cause": None,
        "evidence": [
            {
                "source": "/desk",
                "event_id": name,
                "type": f"complaint.{word}",
                "time": f"2026-03-02T{time}:00.000Z",
                "recorded_at": None,
                "partition": None,
                "offset": None,
            }
            for name, word, time in (("a", "received", "09:00"), ("b", "response_started", "09:45"))
        ],
    }


def test_clocks_show_every_level_of_every_clock_that_started() -> None:
    two = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE, "major": HOUR}))
    _, rows, _ = judged(LATE, two, clocks=True)
    common = {"tenant": "default", "ticket_id": "T1", "cycle": 1, "clock": "response"}
    ran = {"started_at": "2026-03-02T09:00:00.000Z", "stopped_at": "2026-03-02T09:45:00.000Z"}
    assert rows == [
        common | ran | {"level": "minor", "due_at": "2026-03-02T09:30:00.000Z", "state": "breached"},
        common | ran | {"level": "major", "due_at": "2026-03-02T10:00:00.000Z", "state": "met"},
    ]


@pytest.mark.parametrize(
    ("until", "states"), [("09:30", "running"), ("09:30:00.001", "breached"), (None, "breached")]
)
def test_until_is_the_instant_of_the_judgement(until: str | None, states: str) -> None:
    one = policy(clock("response", "received", "response_started", {"minor": 30 * MINUTE}))
    _, rows, _ = judged(event("T1", "received", "09:00", "a"), one, clocks=True, until=until and at(until))
    assert [row["state"] for row in rows] == [states]


def test_rows_are_sorted_by_due_instant_ticket_clock_and_level_with_unknown_ones_last() -> None:
    paused = policy(
        clock("b", "received", "response_started", {"minor": HOUR, "also": HOUR}),
        clock("a", "received", "response_started", {"minor": HOUR}, pauses=True),
    )
    story = lines(
        event("T2", "received", "09:00", "a"),
        event("T1", "received", "09:00", "a"),
        event("T1", "paused", "09:10", "b"),
        event("T3", "received", "08:00", "a"),
    )
    _, rows, _ = judged(story, paused, clocks=True)
    assert [
        (row["due_at"] and row["due_at"][11:16], row["ticket_id"], row["clock"], row["level"]) for row in rows
    ] == [
        ("09:00", "T3", "a", "minor"),
        ("09:00", "T3", "b", "also"),
        ("09:00", "T3", "b", "minor"),
        ("10:00", "T1", "b", "also"),
        ("10:00", "T1", "b", "minor"),
        ("10:00", "T2", "a", "minor"),
        ("10:00", "T2", "b", "also"),
        ("10:00", "T2", "b", "minor"),
        (None, "T1", "a", "minor"),
    ]


def test_the_order_of_lines_and_their_repetition_do_not_matter() -> None:
    story = [
        event(ticket, word, time, f"{ticket}-{time}")
        for ticket in ("T1", "T2", "T3")
        for word, time in (
            ("received", "09:00"),
            ("response_started", "09:45"),
            ("feedback_delivered", "12:00"),
        )
    ]
    expected = judged(lines(*story))
    for seed in range(20):
        shuffled = random.Random(seed).sample(story * 2, 2 * len(story))
        assert judged(lines(*shuffled)) == expected


def test_compare_shows_the_verdicts_that_would_change_and_counts_all() -> None:
    strict, lenient = (
        policy(clock("response", "received", "response_started", {"minor": target}))
        for target in (30 * MINUTE, HOUR)
    )
    story = LATE + lines(event("T2", "received", "09:00", "a"))
    code, rows, _ = judged(story, strict, compare=lenient)
    assert code == 0
    stopped_at = "2026-03-02T09:45:00.000Z"
    assert rows == [
        {
            "tenant": "default",
            "ticket_id": "T1",
            "cycle": 1,
            "clock": "response",
            "level": "minor",
            "was": {"state": "breached", "due_at": "2026-03-02T09:30:00.000Z", "stopped_at": stopped_at},
            "now": {"state": "met", "due_at": "2026-03-02T10:00:00.000Z", "stopped_at": stopped_at},
        },
        {
            "clock": "response",
            "level": "minor",
            "was": {"breached": 2},
            "now": {"breached": 1, "met": 1},
            "changed": 1,
        },
    ]


def test_compare_shows_a_level_that_only_one_set_of_policies_has() -> None:
    one, other = (
        policy(clock("response", "received", "response_started", {name: HOUR})) for name in ("minor", "major")
    )
    _, rows, _ = judged(LATE, one, compare=other)
    assert [(row["level"], row["was"], row["now"]) for row in rows if "ticket_id" in row] == [
        (
            "major",
            None,
            {"state": "met", "due_at": "2026-03-02T10:00:00.000Z", "stopped_at": "2026-03-02T09:45:00.000Z"},
        ),
        (
            "minor",
            {"state": "met", "due_at": "2026-03-02T10:00:00.000Z", "stopped_at": "2026-03-02T09:45:00.000Z"},
            None,
        ),
    ]


BAD = [
    ("{", None),
    ("[]", None),
    ('"text"', None),
    ("null", None),
    (json.dumps({"hello": "world"}), "specversion"),
    (event("T1", "exploded", "09:00", "x"), "type"),
    (event("T1", "received", "09:00", "x").replace('"complaint.received"', "[1]"), "type"),
    (event("T 1", "received", "09:00", "x"), "subject"),
    (event("T1", "received", "09:00", "x", channel=["pigeon"]), "data.channel"),
    (event("T1", "received", "09:00", "x", customer_id=None), "data.customer_id"),
    (event("T1", "received", "09:00", "x").replace("Z", ""), "time"),
    (event("T1", "received", "09:00", "x").replace("2026", "1999"), "time"),
    (event("T1", "received", "09:00", "x").replace("/desk", ""), "source"),
    ("x" * (256 * 1024 + 1), None),
]


OF_T1 = "not judged (--partial judges them by their other lines): 1 ticket with 1 unreadable line: T1@default"
NOBODYS = "1 unreadable line without a ticket: any ticket may lack it"


@pytest.mark.parametrize(("line", "field"), BAD)
def test_a_bad_line_is_named_with_field_and_reason_and_its_ticket_is_not_judged(
    line: str, field: str | None
) -> None:
    other = lines(event("T2", "received", "09:00", "a"))
    code, rows, err = judged(line + "\n" + LATE + other)
    assert code == 1
    assert err[0].startswith("standard input:1: " + (f"{field}: " if field else ""))
    is_of_t1 = '"subject": "T1"' in line
    assert err[1:] == [f"standard input: {OF_T1 if is_of_t1 else NOBODYS}"] or field == "subject"
    assert rows == judged(other if is_of_t1 else LATE + other)[1]
    assert judged(line + "\n" + LATE + other, partial=True)[:2] == (1, judged(LATE + other)[1])


@pytest.mark.parametrize(("late", "is_judged"), [(-1, False), (0, True), (1, True)])
def test_a_file_that_no_policy_judges_is_told_with_its_instants_and_the_policies(
    late: int, is_judged: bool
) -> None:
    """The last of its tickets begins a minute before the policy, with it, or a minute after it."""
    (version,) = LETTER.versions
    policies = Policies([replace(version, effective_from=at("09:45"))])
    text = lines(event("T1", "received", "09:00", "a"), event("T2", "received", f"09:{45 + late}", "a"))
    for how in ({}, {"clocks": True}, {"compare": policies}):
        code, rows, err = judged(text, policies, **how)
        assert code == (0 if is_judged else 1)
        assert err == ([] if is_judged else [f"standard input: {NOBODY}"])
        assert is_judged or rows == [] or "compare" in how


NOBODY = (
    "no policy judges any ticket: they begin from 2026-03-02T09:00:00.000Z to 2026-03-02T09:44:00.000Z; "
    "the policies are: test version 1 from 2026-03-02T09:45:00.000Z"
)


def test_what_has_no_ticket_is_no_file_that_nobody_judges() -> None:
    assert judged("", Policies(())) == (0, [], [])


def test_strict_stops_at_the_first_bad_line_and_judges_nothing() -> None:
    code, rows, err = judged("{\n" + LATE + "{\n", strict=True)
    assert (code, rows, len(err)) == (1, [], 1)


def test_a_bad_line_is_not_quoted() -> None:
    _, _, err = judged(event("T1", "received", "09:00", "x", channel="Mary Miller, 555-0199"))
    assert "Miller" not in err[0]


def test_empty_lines_and_a_byte_order_mark_are_no_matter() -> None:
    assert judged("\ufeff" + "\n \r\n" + LATE.replace("\n", "\r\n\r\n")) == judged(LATE)


def test_an_empty_file_has_nothing_to_judge() -> None:
    assert judged("") == (0, [], [])


def test_a_ticket_takes_a_thousand_facts_and_names_the_line_of_the_next() -> None:
    story = lines(*(event("T1", "received", "09:00", f"e{number}") for number in range(1001)))
    code, _, err = judged(story)
    assert (code, err) == (1, ["standard input:1001: the ticket has as many facts as one may have"])


def test_ten_megabytes_of_anything_are_complaints_without_a_traceback() -> None:
    code, rows, err = judged(random.Random(1).randbytes(10_000_000))
    assert (code, rows) == (1, [])
    assert all(line.startswith("standard input:") for line in err)


def test_ten_megabytes_of_anything_are_no_export_either(tmp_path: Path) -> None:
    path = tmp_path / "random.csv"
    path.write_bytes(random.Random(1).randbytes(10_000_000))
    with pytest.raises(RefusalError, match=":1: "):
        simulate(
            str(path),
            policies=LETTER,
            mapping=HELPDESK,
            stdin=io.BytesIO(),
            out=io.StringIO(),
            err=io.StringIO(),
        )
    header = SAMPLE.read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(header + random.Random(1).randbytes(10_000_000))
    out, err = io.StringIO(), io.StringIO()
    code = simulate(str(path), policies=LETTER, mapping=HELPDESK, stdin=io.BytesIO(), out=out, err=err)
    assert (code, out.getvalue()) == (1, "")


@pytest.mark.parametrize(
    ("events", "how", "reason"),
    [
        ("nowhere.jsonl", {}, "nowhere.jsonl: No such file or directory"),
        ("export.csv", {}, "export.csv: an export needs --mapping FILE"),
        ("-", {"clocks": True, "compare": LETTER}, "--clocks and --compare: choose one"),
    ],
)
def test_what_cannot_be_read_at_all_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: str, how: dict[str, Any], reason: str
) -> None:
    (tmp_path / "export.csv").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusalError, match=reason):
        simulate(events, policies=LETTER, stdin=io.BytesIO(), out=io.StringIO(), err=io.StringIO(), **how)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_and_wiped_away() -> None:
    err = Terminal()
    simulate("-", policies=LETTER, stdin=io.BytesIO(LATE.encode()), out=io.StringIO(), err=err)
    assert "judging [##############################] 100 %" in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[K")


def test_the_sample_export_is_judged_the_same_in_any_order(tmp_path: Path) -> None:
    header, *rows = SAMPLE.read_text(encoding="utf-8").splitlines()
    outputs = set()
    for seed in range(20):
        path = tmp_path / "shuffled.csv"
        path.write_text("\n".join((header, *random.Random(seed).sample(rows, len(rows)))), encoding="utf-8")
        out = io.StringIO()
        err = io.StringIO()
        assert (
            simulate(str(path), policies=LETTER, mapping=HELPDESK, stdin=io.BytesIO(), out=out, err=err) == 0
        )
        outputs.add(out.getvalue())
    assert len(outputs) == 1
    found = [json.loads(line) for line in outputs.pop().splitlines()]
    breached = [(row["ticket_id"], row["clock"], row["level"]) for row in found if row["state"] == "breached"]
    assert breached == [
        ("Case-902", "response", "minor"),
        ("Case-902", "resolution", "minor"),
        ("Case-903", "response", "minor"),
        ("Case-903", "response", "major"),
        ("Case-902", "resolution", "major"),
        ("Case-903", "resolution", "minor"),
        ("Case-903", "resolution", "major"),
        ("Case-906", "response", "minor"),
        ("Case-906", "response", "major"),
        ("Case-906", "resolution", "minor"),
        ("Case-906", "resolution", "major"),
    ]


def test_a_level_due_in_a_year_without_official_days_is_named_and_the_others_are_judged() -> None:
    received = json.loads(event("T1", "received", "09:00", "a")) | {
        "tenant": "letter-2",
        "time": "2026-12-30T10:00:00+08:00",
    }
    letters = read_policies(PROJECT / "policies").policies
    code, rows, err = judged(json.dumps(received), letters)
    assert code == 1
    (line,) = err
    assert line.startswith(
        "standard input: ticket T1 of tenant letter-2: clock result of cycle 1 is due in a"
    )
    assert line.endswith(" year of which calendar cn does not know the days")
    assert [(row["clock"], row["level"]) for row in rows] == [("response", "breach"), ("activity", "warning")]


@pytest.mark.parametrize(("late", "told"), [(-1, 0), (0, 0), (1, 1)])
def test_an_end_in_a_year_that_the_calendar_does_not_know_is_named(late: int, told: int) -> None:
    year = calendar("UTC", range(2026, 2027), mon_fri="9-17")
    touch = replace(clock("touch", "received", "reassigned", {"minor": HOUR}), calendar=year)
    received, ended = (
        json.loads(event("T1", word, "09:00", word)) | {"time": written(instant)}
        for word, instant in (
            ("received", hours_at(year, "2026-12-30 10:00")),
            ("reassigned", hours_at(year, "2027-01-01 00:00") + late),
        )
    )
    code, rows, err = judged(lines(json.dumps(received), json.dumps(ended)), policy(touch))
    assert (code, len(err)) == (told, told)
    assert [row["type"] for row in rows] == ["sla.breached" if told else "sla.breach_settled"]
    for line in err:
        assert line == (
            "standard input: ticket T1 of tenant default: clock touch of cycle 1 ended"
            " in a year of which calendar desk does not know the days"
        )
