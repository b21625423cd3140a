"""The service and the board as child processes, configured by environment variables as users do it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from service.demo.process_guard import ProcessGuard
from service.errors import RefusalError

READY_SECONDS = 60.0  # the service owns its partitions, the board has read the state
STOP_SECONDS = 12.0  # for a command to end in order


class Child(NamedTuple):
    """A running command."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Check that the command still runs. Raises RefusalError when it has ended."""
        code = self.process.poll()
        if code is not None:
            raise RefusalError(f"`{self.name}` ended with code {code}: {self.last_line()}")

    def last_line(self) -> str:
        """Return the last line of its output."""
        return (self.log.read_text(errors="replace").strip().splitlines() or ["no output"])[-1]


@asynccontextmanager
async def running(guard: ProcessGuard, environment: Mapping[str, str], *command: str) -> AsyncIterator[Child]:
    """A command for as long as the block runs. The block begins when it is ready. Raises RefusalError."""
    log = guard.directory / f"{command[0]}.log"
    process = guard.start([sys.executable, "-m", "service", *command], log=log, env=dict(environment))
    child = Child(command[0], process, log)
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not await _ready(environment["SLA_HTTP"]):
                child.check()
                await asyncio.sleep(0.05)
        yield child
    except TimeoutError:
        late = f"is not ready after {READY_SECONDS:.0f} s"
        raise RefusalError(f"`{child.name}` {late}: {child.last_line()}") from None
    finally:
        await _stop(process)
        guard.let_go(process)


async def watch(*children: Child) -> None:
    """Watch the commands until cancelled. Raises RefusalError as soon as a command has ended."""
    while True:
        for child in children:
            child.check()
        await asyncio.sleep(0.2)


async def _ready(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /readyz HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        status = await reader.readline()
        writer.close()
    except OSError:
        return False
    return b" 200 " in status


async def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        await asyncio.to_thread(process.wait, STOP_SECONDS)
    finally:  # it took too long, or this task was cancelled
        if process.poll() is None:
            process.kill()
            process.wait()
