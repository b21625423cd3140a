"""The service as a process, and topics for it."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx

from service.clock import now_ms

POLICIES = Path(__file__).parents[2] / "policies"
STARTS_WITHIN = 30.0  # seconds
ANSWERS_WITHIN = 60_000  # ms
STOPS_WITHIN = 10.0  # seconds: promised


def environment(bootstrap: str, prefix: str, **settings: str) -> dict[str, str]:
    """Nothing of the caller's own settings, but all that a process needs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLA_", "KAFKA_"))}
    ours = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "SLA_TOPIC_PREFIX": prefix,
        "SLA_GROUP": prefix + "group",
        "SLA_POLICIES": str(POLICIES),
        "SLA_HTTP": "127.0.0.1:0",
    }
    return kept | ours | settings


def sla_timer(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command, to its end."""
    command = [sys.executable, "-m", "service", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


class Service(subprocess.Popen[str]):
    """The process, whose log is read as it comes: a pipe that nobody reads fills up and stops it."""

    def __init__(self, command: Sequence[str], env: dict[str, str]) -> None:
        super().__init__(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._said: list[str] = []
        self._ended = False
        self._more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def lines(self) -> Iterator[str]:
        """All that it says, from its start to its end."""
        for number in count():
            with self._more:
                while number == len(self._said):
                    if self._ended:
                        return
                    self._more.wait()
            yield self._said[number]

    def _read(self) -> None:
        assert self.stdout
        for line in self.stdout:
            with self._more:
                self._said.append(line)
                self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()


@contextmanager
def running(
    env: dict[str, str],
    *arguments: str,
    module: Sequence[str] = ("service",),
    descriptors: int | None = None,
) -> Iterator[tuple[Service, httpx.Client]]:
    """A command, `run` unless another is given, from when it listens, and a client for its HTTP.

    `module`: what to run, and its own arguments; `descriptors`: it may have so many and no more.
    """
    command = [sys.executable, "-m", *module, *(arguments or ("run",))]
    if descriptors is not None:
        command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command]
    with Service(command, env) as process:
        try:
            heard = (re.search(r"listening.*?port\D+(\d+)", line) for line in process.lines())
            port = next((found[1] for found in heard if found), None)
            assert port, "it does not listen"
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
                yield process, client
        finally:
            process.kill()
            sys.stdout.write("".join(process.lines()))  # shown when the test fails


def until(client: httpx.Client, path: str, holds: Callable[[httpx.Response], bool]) -> None:
    """Asks until the answer is as it should be; fails with the last one."""
    by = now_ms() + ANSWERS_WITHIN
    while not holds(answer := client.get(path)):
        assert now_ms() < by, answer.text
