"""A guard for child processes and a temporary directory: both go when this process ends, even by SIGKILL.

Run as a program, this module waits for the end of its standard input. That comes when the process at the
other end of the pipe ends, also by SIGKILL. Then it kills the held process groups and removes the directory.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

REMOVAL_SECONDS = 10.0  # for killed processes to let go of the directory


class ProcessGuard:
    """A new directory, and the processes held so far. Both are gone when the block or this process ends."""

    def __enter__(self) -> Self:
        self.directory = Path(tempfile.mkdtemp(prefix="sla-timer-"))
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, self.directory],
            stdin=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal must not reach it
        )
        return self

    @property
    def keeper(self) -> int:
        """The id of the guard process."""
        return self._keeper.pid

    def __exit__(self, *_: object) -> None:
        assert self._keeper.stdin
        self._keeper.stdin.close()
        self._keeper.wait()

    def start(
        self, command: list[str], *, log: Path, env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a held process as the leader of its own group. Its output is appended to `log`."""
        with log.open("ab") as out:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, start_new_session=True
            )
        self._say("hold", process.pid)
        return process

    def let_go(self, process: subprocess.Popen[bytes]) -> None:
        """Release a process that has ended and was waited for: its id may soon belong to another process."""
        self._say("drop", process.pid)

    def _say(self, word: str, pid: int) -> None:
        assert self._keeper.stdin
        self._keeper.stdin.write(f"{word} {pid}\n".encode())
        self._keeper.stdin.flush()


def keep(directory: Path) -> None:
    """Read `hold PID` and `drop PID` lines to the end, then kill what is held and remove the directory."""
    held: set[int] = set()
    for line in sys.stdin:
        word, pid = line.split()
        (held.add if word == "hold" else held.discard)(int(pid))
    for pid in held:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    until = time.monotonic() + REMOVAL_SECONDS
    while directory.exists() and time.monotonic() < until:
        shutil.rmtree(directory, ignore_errors=True)  # a dying process may have added a file meanwhile
        time.sleep(0.02)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
