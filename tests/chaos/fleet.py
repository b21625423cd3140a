"""The service's processes, as an orchestrator keeps them: who ends by itself is started again."""

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from service.demo import broker_config as kraft
from service.demo.process_guard import ProcessGuard

STOPS_WITHIN = 10.0  # seconds: promised
LOOK = 0.5  # seconds between looks at who is there


class Fleet:
    """Workers by number, each with a static SLA_INSTANCE of its own."""

    def __init__(
        self, guard: ProcessGuard, environments: Mapping[int, Mapping[str, str]], logs: Path
    ) -> None:
        """`environments`: of each worker there may be."""
        self._guard = guard
        self._environments = environments
        self._logs = logs
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self.modules: dict[int, Sequence[str]] = {}  # by number: what to start instead of the service
        self.starts = 0
        self.memory = 0  # bytes: the most that one had
        self.deaths: list[str] = []  # of those who ended by themselves

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._running))

    def start(self, number: int, **settings: str) -> None:
        """With these settings beside its own; started again by `watch`, it has only the latter."""
        environment = dict(self._environments[number]) | settings
        environment |= {
            "SLA_INSTANCE": f"worker-{number}",
            "SLA_HTTP": f"127.0.0.1:{kraft.free_ports(1)[0]}",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed service starts from compiled modules
        command = [sys.executable, "-m", *self.modules.get(number, ("service",)), "run"]
        log = self._logs / f"worker-{number}.log"
        self._running[number] = self._guard.start(command, log=log, env=environment)
        self.starts += 1

    def _measure(self, process: subprocess.Popen[bytes]) -> None:
        """See `memory`. Of a process that has ended nothing can be known."""
        with suppress(OSError):
            status = Path("/proc", str(process.pid), "status").read_text()
            if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                self.memory = max(self.memory, int(found[1]) * 1024)

    def signal(self, number: int, what: signal.Signals) -> None:
        self._running[number].send_signal(what)

    def replace(self, number: int) -> subprocess.Popen[bytes]:
        """Another process under that number; gives the earlier one, which nobody looks after any more."""
        earlier = self._running.pop(number)
        self.start(number)
        return earlier

    def kill(self, number: int) -> None:
        """As a power cut would."""
        process = self._running.pop(number)
        process.kill()
        process.wait()
        self._guard.let_go(process)

    async def stop(self, number: int) -> None:
        """In order. Raises when it takes longer than promised."""
        process = self._running.pop(number)
        process.terminate()
        await asyncio.to_thread(process.wait, STOPS_WITHIN)
        self._guard.let_go(process)

    async def watch(self) -> None:
        """Starts whoever ended by itself again, until cancelled."""
        while True:
            for number, process in list(self._running.items()):
                self._measure(process)
                if process.poll() is not None:
                    self.deaths.append(f"worker-{number} ended with code {process.returncode}")
                    self._guard.let_go(process)
                    self.start(number)
            await asyncio.wait([asyncio.current_task()], timeout=LOOK)  # type: ignore[list-item]
