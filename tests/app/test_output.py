"""Where the output goes, and what becomes of a command when it cannot."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "service"]
RECEIVED = {
    "specversion": "1.0",
    "source": "/desk",
    "type": "complaint.received",
    "time": "2026-03-02T09:00:00+08:00",
    "data": {"customer_id": "客户", "channel": "phone"},
}


@pytest.fixture
def events(tmp_path: Path) -> str:
    """More than a pipe holds, with names in Chinese."""
    path = tmp_path / "events.jsonl"
    lines = (json.dumps(RECEIVED | {"id": f"e{n}", "subject": f"T{n}"}) for n in range(200))
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command", ["simulate", "report"])
def test_a_reader_that_has_enough_is_no_error_and_no_finding(command: str, events: str) -> None:
    how = ["--format", "json"] if command == "report" else []
    with subprocess.Popen(
        [*COMMAND, command, events, *how], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) in (0, 128 + signal.SIGPIPE)
        if command == "simulate":
            assert process.returncode == 128 + signal.SIGPIPE


def test_a_full_disk_is_told_in_one_line(events: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*COMMAND, "simulate", events], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr == b"sla-timer: standard output: No space left on device\n"


def test_output_is_utf_8_whatever_the_terminal_is(events: str) -> None:
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(
        [*COMMAND, "report", events, "--lang", "zh"], env=env, capture_output=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "客户" in ended.stdout.decode()


def test_ctrl_c_ends_it_without_a_word() -> None:
    with subprocess.Popen(
        [*COMMAND, "simulate", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        process.stdin.write(b"\n" * 200_000)  # more than a pipe holds: once it is written, it is being read
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (128 + signal.SIGINT, b"", b"")
