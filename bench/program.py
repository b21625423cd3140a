"""A program that is measured: a process of its own, and what the kernel says of it."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from service.clock import now_ms
from service.demo.process_guard import ProcessGuard

_TICK = os.sysconf("SC_CLK_TCK")  # clock ticks per second
_STOP = 15.0  # seconds to end in order


class ProgramError(Exception):
    """A measured program ended before its time."""


@dataclass
class Running:
    """A started program. `began` is a reading of time.monotonic."""

    process: "subprocess.Popen[bytes]"
    log: Path
    began: float

    def check(self) -> None:
        """Raises ProgramError when it has ended."""
        if self.process.poll() is not None:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise ProgramError(f"ended with code {self.process.returncode}: {last}")

    @property
    def seconds(self) -> float:
        """Since it was started."""
        return time.monotonic() - self.began

    @property
    def cpu(self) -> float:
        """Seconds of CPU that all its threads used."""
        return cpu_of(self.process.pid)

    @property
    def resident(self) -> int:
        """Bytes of memory that it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def cpu_of(pid: int) -> float:
    """Seconds of CPU that all threads of a process used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


async def ready(program: Running, address: str) -> float:
    """Waits until a service at `address` owns its partitions; gives the seconds since its start."""
    host, _, port = address.rpartition(":")
    while True:
        program.check()
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET /readyz HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            status = await reader.readline()
            writer.close()
        except OSError:
            status = b""
        if b" 200 " in status:
            return program.seconds
        await asyncio.sleep(0.05)


def in_time(due: int) -> None:
    """Says how long before the first deadline (ms) the program is ready; raises ProgramError if it is not."""
    left = (due - now_ms()) / 1000
    if left < 1:
        raise ProgramError(
            f"ready {-left:.0f} s after the first deadline: the machine is too busy to measure"
        )
    print(f"  ready {left:.0f} s before the first deadline", flush=True)


@asynccontextmanager
async def running(command: list[str], env: Mapping[str, str]) -> AsyncIterator[Running]:
    """The program for as long as the block runs."""
    with ProcessGuard() as guard:
        log = guard.directory / "log"
        began = time.monotonic()
        process = guard.start(command, log=log, env=dict(env))
        try:
            yield Running(process, log, began)
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, _STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            guard.let_go(process)
