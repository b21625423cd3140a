"""Whatever the caller closed: one line or none, the right exit code, nothing of ours in a file of others."""

import json
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker.service import environment

RECEIVED = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/desk",
    "type": "complaint.received",
    "subject": "T1",
    "time": "2026-03-02T09:00:00+08:00",
    "data": {"customer_id": "C1", "channel": "phone"},
}
TARIFF = str(Path(__file__).parents[2] / "examples" / "tariffs" / "saas.yaml")
MAPPING = str(Path(__file__).parents[2] / "mappings" / "jira.yaml")
CALENDAR = str(Path(__file__).parents[2] / "policies" / "calendars" / "cn.yaml")
TELL = {  # commands that need no Kafka and say something
    "help": ["--help"],
    "version": ["--version"],
    "simulate": ["simulate", "{events}"],
    "explain": ["explain", "T1", "--events", "{events}"],
    "report": ["report", "{events}"],
    "policies check": ["policies", "check"],
    "mapping check": ["mapping", "check", MAPPING],
    "tariff check": ["tariff", "check", TARIFF],
    "calendar show": ["calendar", "show", CALENDAR, "--from", "2026-01-01", "--to", "2026-01-02"],
    "calendar freeze": ["calendar", "freeze", "--country", "CN", "--years", "2026"],
}
ASK = {  # commands that talk to Kafka, which is away
    "run": ["run"],
    "board": ["board"],
    "traffic": ["demo", "--only-traffic"],
    "publish": ["publish", "{events}"],
    "backfill": ["backfill", MAPPING, "{events}", "--replace"],
    "explain live": ["explain", "T1"],
    "report live": ["report"],
    "topics ensure": ["topics", "ensure"],
    "topics check": ["topics", "check"],
    "rejected list": ["rejected", "list"],
    "rejected show": ["rejected", "show", "0:0"],
    "gateway dead list": ["gateway", "dead", "list"],
    "gateway dead show": ["gateway", "dead", "show", "0:0"],
    "rejected retry": ["rejected", "retry", "--all"],
    "policies publish": ["policies", "publish"],
    "policies list": ["policies", "list"],
    "policies list live": ["policies", "list", "--live", "--service", "http://127.0.0.1:9"],
    "policies retire": ["policies", "retire", "letter-1", "--at", "2030-01-01T00:00:00Z"],
    "policies check live": ["policies", "check", "--live"],
    "state export": ["state", "export"],
    "state import": ["state", "import", "{dump}"],
}
NO_LOG = "sla-timer: the log on standard output cannot be written: Bad file descriptor; going on without it"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    events = tmp_path / "events.jsonl"
    events.write_text(json.dumps(RECEIVED) + "\n", encoding="utf-8")
    dump = tmp_path / "dump.jsonl"
    head = '{"sla_timer_state":1,"state_version":1,"topic":"t","partitions":1,"exported_at":""}\n'
    dump.write_text(head + '{"tickets":0}\n', encoding="utf-8")
    return {"events": str(events), "dump": str(dump)}


def ended(
    command: list[str], files: dict[str, str], closed: str, **settings: str
) -> "subprocess.CompletedProcess[bytes]":
    """A command that a shell started with `closed`."""
    words = [sys.executable, "-m", "service", *(word.format(**files) for word in command)]
    line = f"exec {shlex.join(words)} {closed}"
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    env = environment(address, "", **settings)
    return subprocess.run(["bash", "-c", line], env=env, capture_output=True, timeout=60, check=False)


@pytest.mark.parametrize("command", TELL.values(), ids=TELL)
def test_without_standard_output_what_was_not_said_is_an_error(
    command: list[str], files: dict[str, str]
) -> None:
    done = ended(command, files, ">&-")
    assert (done.returncode, done.stderr) == (2, b"sla-timer: standard output: is closed\n")
    assert ended(command, files, "<&- >&- 2>&-").returncode == 2


@pytest.mark.parametrize("command", TELL.values(), ids=TELL)
def test_without_the_others_it_does_its_work(command: list[str], files: dict[str, str]) -> None:
    done = ended(command, files, "<&- 2>&-")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == ended(command, files, "").stdout != b""


@pytest.mark.parametrize("closed", ["<&- >&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize("command", ASK.values(), ids=ASK)
def test_a_command_that_kafka_does_not_answer_says_so_in_one_line(
    command: list[str], files: dict[str, str], closed: str
) -> None:
    done = ended(command, files, closed)
    assert done.returncode == 2
    if "2>" in closed:
        assert done.stderr == b""
        return
    *before, line = done.stderr.decode().splitlines()
    assert line.startswith("sla-timer: KAFKA_BOOTSTRAP_SERVERS: ")
    assert before == ([NO_LOG] if command in (["run"], ["board"]) else [])


@pytest.mark.parametrize("command", [["simulate", "-"], ["report", "-"], ["explain", "T1", "--events", "-"]])
def test_standard_input_that_is_closed_is_not_an_empty_one(command: list[str], files: dict[str, str]) -> None:
    done = ended(command, files, "<&-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"sla-timer: standard input: is closed\n"


def test_errors_that_nobody_can_read_change_no_exit_code(files: dict[str, str]) -> None:
    for closed in ("2>&-", "2>/dev/full"):
        assert ended(["simulate", "missing.jsonl"], files, closed).returncode == 2
        assert ended(["nonsense"], files, closed).returncode == 2


def test_nothing_that_is_opened_takes_the_number_of_what_was_closed(
    files: dict[str, str], tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    done = ended(["report", "{events}", "--format", "json", "--out", str(report)], files, "<&- >&- 2>&-")
    assert done.returncode == 0
    assert json.loads(report.read_text(encoding="utf-8"))
