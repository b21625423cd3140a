"""The files in examples/ give what their README says, by the commands that it names."""

import json
import shlex
from collections import Counter

import pytest
from click.testing import CliRunner

from schemas.complaints import COMPLAINT_EVENT
from service.cli.program import sla_timer
from service.sla.announcement import Type
from tests.examples.exports import EXPORTS
from tests.examples.played import COMPLAINTS, EXAMPLES, POLICY, announced
from tests.sla.stories import HOUR, at

UNTIL = "2026-03-02T11:05:00+08:00"


def said(*arguments: str) -> str:
    result = CliRunner().invoke(sla_timer, arguments, standalone_mode=False)
    assert (result.exception, result.return_value, result.stderr) == (None, 0, "")
    return result.stdout


def standing(*arguments: str) -> list[tuple[str, str, str | None]]:
    rows = map(json.loads, said("simulate", *arguments, "--policies", str(POLICY)).splitlines())
    return [(row["ticket_id"], row["type"].removeprefix("sla."), row["level"]) for row in rows]


def test_the_policy_is_valid() -> None:
    assert "1 policy version, no problem" in said("policies", "check", str(POLICY))


def test_two_promises_hold_for_each_ticket() -> None:
    agreements = str(EXAMPLES / "agreements")
    checked = said("policies", "check", agreements)
    assert "  agreement handling, judged by itself\n" in checked
    assert "  exempt: judged by no clock, and counted as exempt\n" in checked
    assert "3 policy versions, no problem" in checked
    rows = said("simulate", str(COMPLAINTS), "--policies", agreements, "--clocks").splitlines()
    clocks = Counter((row["ticket_id"], row["clock"]) for row in map(json.loads, rows))
    assert clocks == {
        (f"T-{n}", clock): many for n in range(1, 6) for clock, many in (("response", 3), ("result", 2))
    }


def test_every_complaint_is_an_event_of_the_contract() -> None:
    events = [COMPLAINT_EVENT.validate_json(line) for line in COMPLAINTS.read_bytes().splitlines()]
    assert len(events) == len({event.id for event in events}) == 12


def test_the_complaints_give_a_met_a_warning_and_breaches() -> None:
    assert standing(str(COMPLAINTS), "--until", UNTIL) == [
        ("T-1", "met", None),
        ("T-2", "breach_settled", "minor"),
        ("T-3", "met", None),
        ("T-4", "cancelled", None),
        ("T-4", "breach_settled", "minor"),
        ("T-4", "breach_settled", "major"),
        ("T-5", "at_risk", "warning"),
    ]


def test_in_the_order_of_the_file_the_late_event_takes_a_breach_back() -> None:
    of_t3 = [
        (one.type, one.level, one.revision, one.reason)
        for one in announced(at("11:05") - 8 * HOUR)
        if one.ticket_id == "T-3"
    ]
    assert of_t3 == [
        (Type.BREACHED, "minor", 1, None),
        (Type.MET, None, 1, None),
        (Type.BREACH_RETRACTED, "minor", 2, "late_fact"),
    ]


def test_in_the_order_of_the_file_every_kind_of_news_comes_up_but_a_correction() -> None:
    assert Counter(one.type for one in announced(at("11:05") - 8 * HOUR)).keys() == {*Type} - {Type.CORRECTED}


def test_explain_shows_the_arithmetic_of_a_breach() -> None:
    text = said("explain", "T-4", "--events", str(COMPLAINTS), "--policies", str(POLICY))
    assert "cancelled (withdrawn) by F3" in text
    assert text.count(": BREACHED") == 2


def test_the_export_is_read_through_its_mapping() -> None:
    mapped = standing(str(EXAMPLES / "helpdesk.csv"), "--mapping", str(EXAMPLES / "helpdesk.yaml"))
    assert mapped == [
        ("101", "met", None),
        ("102", "breach_settled", "minor"),
        ("103", "breach_settled", "minor"),
        ("103", "breach_settled", "major"),
    ]


def test_the_readme_names_every_file() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = [path for path in EXAMPLES.rglob("*.*") if path.is_file() and "__pycache__" not in path.parts]
    files = [path for path in files if EXPORTS not in path.parents] + [EXPORTS / "README.md"]
    assert {
        str(path.relative_to(EXAMPLES)) for path in files if f"]({path.relative_to(EXAMPLES)})" not in readme
    } == {"README.md"}


def test_the_commands_of_the_readme_run(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (EXAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith(".venv/bin/sla-timer ")]
    assert {command[1] for command in commands} == {"policies", "simulate", "explain", "tariff"}
    assert "export SLA_POLICIES=examples/policy" in lines
    monkeypatch.chdir(EXAMPLES.parent)
    monkeypatch.setenv("SLA_POLICIES", "examples/policy")
    assert all(said(*words) for _, *words in commands)
