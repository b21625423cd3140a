"""The command line: what it offers, and how it says no."""

import subprocess
import sys

import pytest

COMMANDS = (
    "run",
    "demo",
    "publish",
    "simulate",
    "explain",
    "report",
    "topics",
    "policies",
    "mapping",
    "tariff",
    "rejected",
    "state",
    "partition",
    "gateway",
    "backfill",
)


def sla_timer(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_help_names_every_command() -> None:
    ended = sla_timer("--help")
    assert ended.returncode == 0
    assert [command for command in COMMANDS if f"\n  {command} " not in ended.stdout] == []


@pytest.mark.parametrize(
    "group",
    ["", "topics", "policies", "mapping", "tariff", "calendar", "rejected", "state", "partition", "gateway"],
)
def test_help_says_of_each_command_what_it_does_in_one_whole_line(group: str) -> None:
    ended = sla_timer(*filter(None, [group]), "--help")
    lines = ended.stdout.partition("\nCommands:\n")[2].splitlines()
    assert lines
    assert [line for line in lines if line.endswith("..") or not line.endswith(".") or len(line) > 80] == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["rum"], "No such command 'rum'."),
        (["run", "--grave", "1s"], "No such option '--grave'."),
        (["simulate"], "Missing argument 'EVENTS'."),
        (["demo", "--only-traffic", "--for", "2s"], "--only-traffic has no end; leave out --for"),
        (["mapping", "try", "m.yaml"], "Missing argument 'BODY'."),
        (["mapping", "try", "no.yaml", "-"], "no.yaml: No such file or directory"),
        (["mapping", "try", "m", "-", "--history", "--endpoint", "e"], "a history has neither headers nor"),
        (["tariff", "check"], "Missing argument 'FILES...'."),
        (["publish", "-", "--rate", "0"], "Invalid value for '--rate'"),
        (["explain", "T 1"], "Invalid value for 'TICKET': 'T 1' is no id: 1 to 128 characters"),
        (["explain", "T1", "--tenant", ""], "Invalid value for '--tenant': '' is no id"),
        (
            ["explain", "T\udcff"],
            r"Invalid value for 'TICKET': 'T\udcff' is no id",
        ),  # a byte that is no UTF-8
        (["report", "-", "--tenant", "a@b"], "Invalid value for '--tenant': 'a@b' is no id"),
        (["report", "-", "--by", "year"], "Invalid value for '--by': 'year' is not one of"),
        (["report", "-", "--zone", "Mars"], "Invalid value for '--zone': 'Mars' is no IANA time zone"),
        (["report", "-", "--from", "2026-02-30"], "Invalid value for '--from': '2026-02-30' is no date"),
        (["report", "-", "--from", "2026-03-02", "--to", "2026-03-01"], "--to lies before --from"),
        (["report", "--mapping", "m.yaml"], "--mapping is for a file: give EVENTS, too"),
        (["report", "missing.jsonl"], "missing.jsonl: No such file or directory"),
        (
            ["policies", "check", "--at", "noon"],
            "Invalid value for '--at': 'noon' is no instant with an offset",
        ),
        (
            ["policies", "list", "--live"],
            "--live asks processes that run: name each with --service http://host:port",
        ),
        (
            ["policies", "list", "--service", "http://a:8080"],
            "--service names a process to ask: add --live",
        ),
        (
            ["policies", "list", "--live", "--service", "a:8080"],
            "Invalid value for '--service': 'a:8080' is no http://host:port",
        ),
        (
            ["policies", "list", "--live", "--service", "http://a:8080/readyz"],
            "Invalid value for '--service': 'http://a:8080/readyz' is no http://host:port",
        ),
        (
            ["policies", "list", "--live", "--service", "http://a:65536"],
            "Invalid value for '--service': 'http://a:65536' is no http://host:port",
        ),
        (["board", "--service", "http://:80"], "Invalid value for '--service': 'http://:80' is no http"),
        (["board", "--service", "http://[::1"], "Invalid value for '--service': 'http://[::1' is no http"),
        (["calendar", "freeze", "--country", "CN", "--years", "26"], "Invalid value for '--years': '26' is"),
        (["calendar", "freeze", "--country", "CN", "--years", "2027"], "--years 2027: holidays "),
        (
            ["calendar", "freeze", "--country", "CN", "--years", "2027", "--from", "none.yaml"],
            "none.yaml: No such file or directory",
        ),
    ],
)
def test_wrong_usage_is_told_in_one_line(arguments: list[str], line: str) -> None:
    ended = sla_timer(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    (said,) = ended.stderr.splitlines()
    assert said.startswith(f"sla-timer: {line}")


def test_help_loads_no_library_of_the_service() -> None:
    """Else it takes a second instead of a fifth of one."""
    code = (
        "import sys, service.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "late = ('aiokafka', 'faststream', 'pydantic', 'starlette', 'asyncio', 'ssl')\n"
        "print([name for name in late if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"
