"""The service, run as its users run it: a process of its own, told by its environment."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from service.demo.leash import Leash
from service.settings import Refusal

READY = 60.0  # seconds for it to own its partitions
STOP = 12.0  # seconds for it to end in order


@asynccontextmanager
async def running_service(
    leash: Leash, environment: Mapping[str, str]
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """The service for as long as the block runs, entered when it is ready. Raises Refusal when it fails."""
    log = leash.directory / "service.log"
    command = [sys.executable, "-m", "service", "run"]
    process = leash.start(command, log=log, env=dict(environment))
    try:
        async with asyncio.timeout(READY):
            while not await _ready(environment["SLA_HTTP"]):
                _check(process, log)
                await asyncio.sleep(0.05)
        yield process
    except TimeoutError:
        raise Refusal(f"the service is not ready after {READY:.0f} s: {_last_line(log)}") from None
    finally:
        await _stop(process)
        leash.let_go(process)


async def watch(process: subprocess.Popen[bytes], leash: Leash) -> None:
    """Raises Refusal as soon as the service has ended."""
    while True:
        _check(process, leash.directory / "service.log")
        await asyncio.sleep(0.2)


def _check(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.poll() is not None:
        raise Refusal(f"the service ended with code {process.returncode}: {_last_line(log)}")


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
        await asyncio.to_thread(process.wait, STOP)
    finally:  # it took too long, or we are told to hurry
        if process.poll() is None:
            process.kill()
            process.wait()


def _last_line(log: Path) -> str:
    return (log.read_text(errors="replace").strip().splitlines() or ["no word of why"])[-1]
