"""The service as a process, all that it says kept: its own log, and that of aiokafka at debug level."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import httpx

from tests.broker.service import STOPS_WITHIN

STARTS_WITHIN = 90.0  # seconds, on a machine where everybody starts at once
ORDINARY = ["-m", "service", "run"]

# Development mode shows debug lines and tracebacks of the service, but lets the library only warn.
# Here the library says all it can, into a file of its own.
_TALKATIVE = """
import logging, sys
said = logging.FileHandler(sys.argv.pop(1))
said.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
library = logging.getLogger("aiokafka")
library.addHandler(said)
library.setLevel(logging.DEBUG)
library.propagate = False
from service.cli import main
main(["run"])
"""


def talkative(library_log: Path) -> list[str]:
    """`run` in development mode; aiokafka's log goes to the file."""
    return ["-X", "dev", "-W", "ignore", "-c", _TALKATIVE, str(library_log)]


class Running:
    """A service that runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.log = ""  # what was read of both of its outputs

    def ready(self) -> httpx.Client:
        """A client for its HTTP, as soon as its two partitions are judged."""
        late = Timer(STARTS_WITHIN, self._process.kill)
        late.start()
        port = self._said(r"listening.*?port\D+(\d+)")
        for _ in range(2):
            self._said(r"(running) from offset")
        late.cancel()
        return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5)

    def stopped(self) -> int:
        """Its exit code when it is told to end."""
        self._process.send_signal(signal.SIGTERM)
        return self.ended(STOPS_WITHIN)

    def ended(self, within: float) -> int:
        """Its exit code when it ends by itself."""
        self.log += self._process.communicate(timeout=within)[0]
        return self._process.returncode

    def _said(self, pattern: str) -> str:
        assert self._process.stdout
        for line in self._process.stdout:
            self.log += line
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(self.log)


@contextmanager
def started(env: dict[str, str], arguments: list[str] = ORDINARY) -> Iterator[Running]:
    """The process; killed at the end of the block."""
    with subprocess.Popen(
        [sys.executable, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()
