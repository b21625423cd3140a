"""The service stops when told, also while Kafka keeps it waiting; and what it says when it dies."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service.kafka.exactly_once.worker import GroupError
from service.processes.last_words import died, last_words
from tests.broker.service import STOPS_WITHIN, environment


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [("run",), ("demo", "--only-traffic")], ids=["run", "traffic"])
def test_it_stops_in_order_while_kafka_does_not_answer(
    end: signal.Signals, arguments: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = environment(f"127.0.0.1:{silent.getsockname()[1]}", "")
        command = [sys.executable, "-m", "service", *arguments]
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
            try:
                silent.settimeout(30)
                connection, _ = silent.accept()
                with connection:
                    process.send_signal(end)
                    assert process.wait(STOPS_WITHIN) == 0
                assert process.stderr
                assert process.stderr.read() == ""
            finally:
                process.kill()


def test_it_says_in_one_line_what_our_own_errors_say() -> None:
    assert last_words(GroupError("no member\nof group")) == "GroupError: no member of group"


def test_of_errors_that_come_together_it_says_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    inner = ExceptionGroup("tasks", [GroupError("no member"), ValueError("42")])
    assert died(ExceptionGroup("tasks", [inner])) == 70
    assert capsys.readouterr().err == "sla-timer: died: GroupError: no member\n"


def test_it_says_only_where_of_errors_that_may_quote_a_ticket() -> None:
    try:
        {}["customer 42"]
    except KeyError as error:
        words = last_words(error)
    assert words.startswith(f"KeyError at {Path(__file__)}:")
    assert "42" not in words.rpartition(":")[0]
