"""Ctrl-C while Kafka is there, at each answer that it gives: exit code 130, no traceback, nothing half."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from service.clock import now_ms
from tests.broker.live import event, publish, set_up, stopped_after, told
from tests.broker.log import read
from tests.broker.service import STOPS_WITHIN, sla_timer

PIPE = subprocess.PIPE
INTERRUPTED = 128 + signal.SIGINT
# The command line, with a Ctrl-C in the instant of the nth time that bytes come over a connection.
AT_THE_NTH_ANSWER = """
import os, signal, sys
from asyncio.selector_events import _SelectorSocketTransport as Transport
left, take = int(sys.argv[1]), Transport._read_ready
def interrupted(self):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGINT)
    take(self)
Transport._read_ready = interrupted
from service.cli import main
main(sys.argv[2:])
"""


@pytest.fixture
def env(bootstrap: str, prefix: str, tmp_path: Path) -> dict[str, str]:
    """Topics that hold something: tickets, announcements, a rejected record."""
    settings = set_up(bootstrap, prefix, tmp_path, partitions=2)
    received = [(ticket, event(ticket, "received", now_ms() - 60_000)) for ticket in ("T1", "T2", "T3")]
    asyncio.run(publish(bootstrap, prefix, 2, [*received, ("T4", b"no JSON")]))
    with stopped_after(settings):
        asyncio.run(told(bootstrap, prefix, at_least=3))
    return settings


def interrupted_everywhere(
    command: list[str], env: dict[str, str], unharmed: Callable[[], None] = lambda: None
) -> int:
    """Interrupts a command at its first answer, its second, fourth and so on until it is faster than we are.

    Gives how often it was interrupted. `unharmed` is called after each.
    """
    for times in count():
        words = [sys.executable, "-c", AT_THE_NTH_ANSWER, str(2**times), *command]
        done = subprocess.run(words, env=env, capture_output=True, timeout=60, check=False)
        if done.returncode != INTERRUPTED:
            assert (done.returncode, done.stderr.count(b"\n") <= 1) == (0, True), done.stderr
            return times
        assert done.stderr.strip() == b""
        unharmed()
    raise AssertionError


@pytest.mark.parametrize(
    "command",
    [
        ["topics", "check"],
        ["topics", "ensure"],
        ["explain", "T1"],
        ["report"],
        ["rejected", "list"],
        ["rejected", "retry", "--all", "--dry-run"],
        ["state", "export"],
    ],
    ids=" ".join,
)
def test_ctrl_c_at_every_answer_of_kafka(command: list[str], env: dict[str, str]) -> None:
    assert interrupted_everywhere(command, env) >= 3


def test_an_interrupted_export_leaves_no_file(env: dict[str, str], tmp_path: Path) -> None:
    place = tmp_path / "dumps"
    place.mkdir()

    def nothing_is_there() -> None:
        assert list(place.iterdir()) == []

    assert interrupted_everywhere(["state", "export", str(place / "dump")], env, nothing_is_there) >= 3
    (dump,) = place.iterdir()
    assert json.loads(dump.read_text().splitlines()[-1]) == {"tickets": 3}


def test_an_interrupted_import_brought_nothing(
    env: dict[str, str], bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    dump, wider = tmp_path / "dump", f"wider-{prefix}"
    assert sla_timer("state", "export", str(dump), env=env).returncode == 0
    new = set_up(bootstrap, wider, tmp_path, partitions=3)

    def nothing_is_there() -> None:
        assert asyncio.run(read(bootstrap, f"{wider}sla.tickets")) == []

    assert interrupted_everywhere(["state", "import", str(dump)], new, nothing_is_there) >= 3
    assert len(asyncio.run(read(bootstrap, f"{wider}sla.tickets"))) == 3


def test_an_interrupted_retry_sent_whole_records(env: dict[str, str], bootstrap: str, prefix: str) -> None:
    """Whoever repeats it sends them again: an event counts once, by its source and id."""
    (aside,) = asyncio.run(read(bootstrap, f"{prefix}complaints.rejected"))
    before = len(asyncio.run(read(bootstrap, f"{prefix}complaints.lifecycle")))
    assert interrupted_everywhere(["rejected", "retry", "--all"], env) >= 3
    sent = [
        (record.key, record.value)
        for record in asyncio.run(read(bootstrap, f"{prefix}complaints.lifecycle"))
        if (record.key, record.value) == (aside.key, aside.value)
    ]
    assert len(asyncio.run(read(bootstrap, f"{prefix}complaints.lifecycle"))) - before == len(sent) - 1 >= 1


def test_ctrl_c_between_two_events_of_standard_input(
    env: dict[str, str], bootstrap: str, prefix: str
) -> None:
    before = len(asyncio.run(read(bootstrap, f"{prefix}complaints.lifecycle")))
    words = [sys.executable, "-m", "service", "publish", "-"]
    with subprocess.Popen(words, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdin
        process.stdin.write(event("T5", "received", now_ms()) + b"\n")
        process.stdin.flush()
        while len(asyncio.run(read(bootstrap, f"{prefix}complaints.lifecycle"))) == before:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(STOPS_WITHIN) == INTERRUPTED  # and standard input is still open
        assert process.stderr
        assert process.stderr.read().strip() == b""
