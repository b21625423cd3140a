"""What publishers and authors of policies write is text on a terminal: it moves, turns and hides nothing."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

# Legal in an id: no blank, no control character, no @.
NASTY = "T\u202e\u2066\u200b\u00ad\ufeff\u061c1"
SHOWN = "T<U+202E><U+2066><U+200B><U+00AD><U+FEFF><U+061C>1"
STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
POLICY = f"""
policy: {NASTY}
version: 1
effective_from: 2026-01-01T00:00:00Z
title: {{en: "title {NASTY}"}}
match: {{tenant: "{NASTY}"}}
calendar: "{NASTY}"
clocks:
  response:
    clause: "{NASTY}"
    start: received
    stop: [response_started]
    when: {{region: "{NASTY}"}}
    levels: [{{level: minor, after: 1h}}, {{level: Warning, after: 2h}}]
"""
CALENDAR = f"""
calendar: "{NASTY}"
timezone: UTC
week: {{mon: [["00:00", "24:00"]]}}
"""


@pytest.fixture
def events(tmp_path: Path) -> str:
    received = {
        "specversion": "1.0",
        "id": NASTY,
        "source": NASTY,
        "type": "complaint.received",
        "subject": NASTY,
        "tenant": NASTY,
        "time": "2026-03-02T09:00:00+08:00",
        "data": {"customer_id": NASTY, "channel": "phone", "region": NASTY},
    }
    path = tmp_path / f"events-{NASTY}.jsonl"
    path.write_text(json.dumps(received, ensure_ascii=False) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def policies(tmp_path: Path) -> str:
    (tmp_path / "p" / "calendars").mkdir(parents=True)
    (tmp_path / "p" / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "p" / "calendars" / f"{NASTY}.yaml").write_text(CALENDAR, encoding="utf-8")
    return str(tmp_path / "p")


def said(*command: str) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-m", "service", *command]
    return subprocess.run(words, capture_output=True, encoding="utf-8", timeout=60, check=False)


def test_no_command_lets_an_id_steer_the_terminal(events: str, policies: str) -> None:
    calendar = f"{policies}/calendars/{NASTY}.yaml"
    period = ["--from", "2026-03-02", "--to", "2026-03-03"]
    for command in (
        ["explain", NASTY, "--tenant", NASTY, "--events", events, "--policies", policies],
        ["explain", NASTY, "--tenant", NASTY, "--events", events, "--policies", policies, "--lang", "zh"],
        ["report", events, "--policies", policies],
        ["policies", "check", policies],
        ["calendar", "show", calendar, *period],
    ):
        done = said(*command)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert SHOWN in done.stdout
        assert not STEERS.search(done.stdout)


def test_json_says_the_same_in_its_own_escapes(events: str, policies: str) -> None:
    for command in (
        ["simulate", events],
        ["simulate", events, "--clocks"],
        ["simulate", events, "--compare", "policies"],
        ["report", events, "--format", "json"],
        ["explain", NASTY, "--tenant", NASTY, "--events", events, "--json"],
    ):
        done = said(*command, "--policies", policies)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert not STEERS.search(done.stdout)
        assert NASTY in json.dumps(
            [json.loads(line) for line in done.stdout.splitlines()]
            if "simulate" in command
            else json.loads(done.stdout),
            ensure_ascii=False,
        )


def test_no_error_lets_its_cause_steer_the_terminal(events: str, tmp_path: Path) -> None:
    wrong = tmp_path / f"{NASTY}.jsonl"
    wrong.write_text("no JSON\n")
    for command in (
        ["explain", f"{NASTY}\x1b", "--events", events],
        ["simulate", str(wrong)],
        ["simulate", f"missing-{NASTY}\x1b[2J"],
        ["policies", "check", f"missing-{NASTY}"],
        ["calendar", "show", f"missing-{NASTY}", "--from", "2026-03-02", "--to", "2026-03-03"],
        ["report", events, "--out", f"{tmp_path}/missing/{NASTY}"],
        ["state", "import", f"missing-{NASTY}"],
        [f"command-{NASTY}\x1b"],
    ):
        done = said(*command)
        assert done.returncode in (1, 2), command
        assert done.stderr.count("\n") == (2 if str(wrong) in command else 1), done.stderr
        assert not STEERS.search(done.stdout + done.stderr), done.stderr


def test_a_ticket_that_is_not_there_steers_nothing(events: str) -> None:
    done = said("explain", "T2", "--tenant", NASTY, "--events", events)
    assert (done.returncode, done.stderr) == (1, "")
    assert SHOWN in done.stdout
    assert not STEERS.search(done.stdout)


def test_a_breach_that_reads_like_a_warning_is_said_to_be_one(policies: str) -> None:
    assert (
        "level Warning of response is a breach: only warning and names that"
        in said("policies", "check", policies).stdout
    )
