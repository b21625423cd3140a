"""The demo as people run it: a process, its lines, and nothing left when it ends."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

pytestmark = pytest.mark.broker

PATIENCE = 90.0  # seconds for Kafka and the service to start on a busy machine
ANNOUNCEMENT = re.compile(
    r"[TH]-\d{4} +(?:response|resolution|preliminary_solution) +"
    r"(?P<what>at risk|breached|breach settled|breach retracted|met|corrected) +(?:warning|minor|major)? *"
    r"\d\d:\d\d:\d\d\.\d{3} *(?P<late>\d*)"
)
WEBHOOK = re.compile(r"H-\d{4} +webhook: (\w+) +(\d{3}) ")


class Demo:
    """A running demo, leader of its own process group as at a terminal."""

    def __init__(self, scratch: Path, *options: str, **variables: str) -> None:
        environment = {key: value for key, value in os.environ.items() if key != "KAFKA_BOOTSTRAP_SERVERS"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", "demo", *options],
            bufsize=0,  # so that `select` knows of every line
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment | {"TMPDIR": str(scratch)} | variables,
            start_new_session=True,
        )

    def lines(self) -> Iterator[str]:
        """What it says, as it says it."""
        while True:
            ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
            assert ready, "it fell silent"
            line = self.process.stdout.readline().decode()
            if not line:
                return
            yield line.rstrip()

    def said(self, text: str) -> None:
        """Returns at the first line with `text` in it."""
        assert any(text in line for line in self.lines()), self.end()[1]

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it said on standard error."""
        try:
            errors = self.process.communicate(timeout=PATIENCE)[1]
        finally:
            self.process.kill()
        return self.process.returncode, errors.decode()

    def descendants(self) -> dict[int, str]:
        """The processes below it: a pidfd and the command of each."""
        found: dict[int, str] = {}
        parents = {self.process.pid}
        for pid, parent, command in sorted(processes()):
            if parent in parents:
                parents.add(pid)
                found[os.pidfd_open(pid)] = command
        return found


def processes() -> Iterator[tuple[int, int, str]]:
    """Process id, parent and command of everything that runs."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield int(entry.name), parent, command


def still_running(descendants: dict[int, str]) -> list[str]:
    """The commands of those that do not end within 20 s."""
    for descriptor, command in descendants.items():
        ended, _, _ = select.select([descriptor], [], [], 20)
        if not ended:
            return [command]
        os.close(descriptor)
    return []


@pytest.mark.parametrize(
    ("how", "to"),
    [
        pytest.param(signal.SIGINT, os.killpg, id="Ctrl-C at the terminal"),
        pytest.param(signal.SIGINT, os.kill, id="SIGINT"),
        pytest.param(signal.SIGTERM, os.kill, id="SIGTERM"),
        pytest.param(signal.SIGKILL, os.kill, id="SIGKILL"),
    ],
)
def test_however_it_ends_no_process_and_no_directory_stays(tmp_path, how, to):
    demo = Demo(tmp_path)
    demo.said("at risk")
    descendants = demo.descendants()
    started = ("process_guard.py", "kafka.Kafka", "service run", "service board", "service gateway")
    commands = list(descendants.values())
    assert [word for word in started if not any(word in command for command in commands)] == []
    to(demo.process.pid, how)
    code, errors = demo.end()
    assert (code, errors) == ((-how, "") if how is signal.SIGKILL else (0, ""))
    assert still_running(descendants) == []
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_kafka_starts_ends_it_too(tmp_path):
    demo = Demo(tmp_path)
    demo.said("starting Kafka")
    os.killpg(demo.process.pid, signal.SIGINT)
    assert demo.end() == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_it_tells_breaches_and_promises_kept_and_ends_by_itself(tmp_path):
    demo = Demo(tmp_path, "--for", "20s")
    lines = list(demo.lines())
    found = [match for line in lines if (match := ANNOUNCEMENT.match(line))]
    assert demo.end() == (0, "")
    assert {"at risk", "breached", "breach settled", "met"} <= {match["what"] for match in found}
    webhooks = {tuple(match.groups()) for line in lines if (match := WEBHOOK.match(line))}
    assert {("received", "204"), ("answered", "401"), ("escalated", "202")} <= webhooks
    assert any(line.startswith("H-0001  response              breached") for line in lines)
    assert "1 webhook 202" in lines[-1]
    late = [int(match["late"]) for match in found if match["what"] == "breached"]
    assert all(0 < lateness < 5_000 for lateness in late), late
    assert list(tmp_path.iterdir()) == []


def test_the_commands_that_it_prints_can_be_copied_while_it_runs(tmp_path):
    demo = Demo(tmp_path, "--for", "60s")
    lines = demo.lines()
    said = list(takewhile(lambda line: "webhook: escalated" not in line, lines))
    commands = [line.strip() for line in said if line.startswith("  ")]
    sending, listing = "\n".join(commands[:-1]), commands[-1]
    assert pasted(sending).startswith("HTTP/1.1 204 No Content")
    assert re.fullmatch(r"0:0 .* desk +-  unmappable: rule event: .*\n", pasted(listing))
    assert any(re.match("MY-1 +response +breached +minor", line) for line in lines)
    demo.process.send_signal(signal.SIGTERM)
    assert demo.end() == (0, "")


def pasted(commands: str) -> str:
    """What a shell says to commands."""
    return subprocess.run(
        ["sh", "-c", commands], capture_output=True, timeout=PATIENCE, check=True
    ).stdout.decode()


def test_without_any_way_to_kafka_one_line_says_what_to_do(tmp_path):
    demo = Demo(tmp_path, PATH=str(tmp_path), DOCKER_HOST=f"unix://{tmp_path}/none.sock")
    assert list(demo.lines()) == ["starting Kafka"]
    code, errors = demo.end()
    assert code == 2
    assert re.fullmatch("sla-timer: no Kafka; .*KAFKA_BOOTSTRAP_SERVERS.*Docker.*Java 17.*Maven.*\n", errors)
