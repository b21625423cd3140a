"""Ctrl-C, and the other signals that end a command: its exit code, no traceback, nothing half."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.test_streams import ASK, RECEIVED
from tests.broker.service import STOPS_WITHIN, environment

LIVE_ON = ("run", "board", "traffic")  # these are there to be told to end
ANSWER = {name: words for name, words in ASK.items() if name not in LIVE_ON}
ENDS = (signal.SIGTERM, signal.SIGHUP)
STARTED = b"import time:"  # what Python says of each module with -X importtime


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "events.jsonl").write_text(json.dumps(RECEIVED) + "\n", encoding="utf-8")
    head = '{"sla_timer_state":1,"state_version":1,"topic":"t","partitions":1,"exported_at":""}\n'
    (tmp_path / "dump.jsonl").write_text(head + '{"tickets":0}\n', encoding="utf-8")
    return {"events": str(tmp_path / "events.jsonl"), "dump": str(tmp_path / "dump.jsonl")}


@contextmanager
def waiting_for_kafka(command: list[str], *python: str, **how: object) -> Iterator["subprocess.Popen[bytes]"]:
    """A command that has reached a Kafka which never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = environment(f"127.0.0.1:{silent.getsockname()[1]}", "")
        words = [sys.executable, *python, "-m", "service", *command]
        pipe = subprocess.PIPE
        with subprocess.Popen(words, env=env, stdin=pipe, stdout=pipe, stderr=pipe, **how) as process:  # type: ignore[call-overload]
            try:
                silent.settimeout(30)
                connection, _ = silent.accept()
                with connection:
                    yield process
            finally:
                process.kill()


@pytest.mark.parametrize("command", ANSWER.values(), ids=ANSWER)
def test_ctrl_c_while_kafka_does_not_answer(command: list[str], files: dict[str, str]) -> None:
    with waiting_for_kafka([word.format(**files) for word in command]) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=STOPS_WITHIN)
    assert (process.returncode, out, err.strip()) == (128 + signal.SIGINT, b"", b"")


@pytest.mark.parametrize("end", [signal.SIGINT, *ENDS], ids=lambda end: end.name)
def test_an_export_that_is_ended_leaves_no_file(tmp_path: Path, end: signal.Signals) -> None:
    with waiting_for_kafka(["state", "export", str(tmp_path / "dump")]) as process:
        assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
        process.send_signal(end)
        out, err = process.communicate(timeout=STOPS_WITHIN)
    code = 128 + end if end is signal.SIGINT else -end  # by the signal, as whoever sent it expects
    assert (process.returncode, out, err.strip()) == (code, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda end: end.name)
@pytest.mark.parametrize("name", LIVE_ON)
def test_what_runs_for_good_ends_in_order(name: str, end: signal.Signals) -> None:
    with waiting_for_kafka(ASK[name]) as process:
        process.send_signal(end)
        _, err = process.communicate(timeout=STOPS_WITHIN)
    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize("name", LIVE_ON)
def test_signals_that_mean_nothing_end_nothing(name: str) -> None:
    with waiting_for_kafka(ASK[name]) as process:
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGUSR2)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=STOPS_WITHIN)
    assert (process.returncode, err) == (0, b"")
    if name != "traffic":  # that one has no log
        assert b"SIGUSR1 means nothing to this process; SIGTERM, SIGINT and SIGHUP end it" in out


@pytest.mark.parametrize("name", LIVE_ON)
def test_what_was_started_to_outlive_its_terminal_does(name: str) -> None:
    """nohup, and `&` in a script, have these signals ignored."""

    def ignore() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    with waiting_for_kafka(ASK[name], preexec_fn=ignore) as process:
        ignored = next(
            int(line.split()[1], 16)
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
            if line.startswith("SigIgn:")
        )
        assert ignored & 1 << signal.SIGHUP - 1
        assert ignored & 1 << signal.SIGINT - 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN) == 0


@pytest.mark.parametrize("module", ["service.cli.program", "click", "service.settings", "service.cli.state"])
def test_ctrl_c_while_a_command_is_loaded(module: str) -> None:
    """Python names each module when it is loaded; the answer is the same at each of them."""
    words = [sys.executable, "-X", "importtime", "-m", "service", "simulate", "-"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            loaded = (line.rpartition(b"|")[2].strip().decode() for line in process.stderr)
            assert module in loaded
            process.send_signal(signal.SIGINT)
            # `communicate` would lose what the lines above have read ahead, perhaps half a line.
            err, out = process.stderr.read(), process.stdout.read()
            process.wait(30)
        finally:
            process.kill()
    assert (process.returncode, out) == (128 + signal.SIGINT, b"")
    assert [line for line in err.splitlines() if line and not line.startswith(STARTED)] == []


def test_ctrl_c_while_standard_input_says_nothing(files: dict[str, str]) -> None:
    """`publish -` waits for the next event for as long as it takes."""
    for command in (["simulate", "-"], ["report", "-"], ["explain", "T1", "--events", "-"]):
        words = [sys.executable, "-m", "service", *command]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdin
            process.stdin.write(
                b"\n" * 200_000
            )  # more than a pipe holds: once it is written, it is being read
            process.stdin.flush()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 128 + signal.SIGINT
            assert process.stderr
            assert process.stderr.read().strip() == b""


def test_ctrl_c_twice_is_as_good_as_once(files: dict[str, str], tmp_path: Path) -> None:
    with waiting_for_kafka(["state", "export", str(tmp_path / "out")]) as process:
        ended = os.pidfd_open(process.pid)
        while not select.select([ended], [], [], 0)[0]:
            process.send_signal(signal.SIGINT)
        os.close(ended)
        _, err = process.communicate()
    assert process.returncode == 128 + signal.SIGINT
    assert err.strip() == b""


@pytest.mark.parametrize(("error", "said"), [("KeyboardInterrupt", ""), ("ValueError", "ValueError")])
def test_ctrl_c_while_something_is_destroyed_prints_nothing(error: str, said: str) -> None:
    program = f"""
import sys
from service.cli import main
class Dies:
    def __del__(self):
        raise {error}
try:
    main(["--version"])
except SystemExit:
    Dies()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert (said in done.stderr, bool(done.stderr)) == (True, bool(said))
