"""Kafka without Docker: one Java process for each node, on free ports, its logs in a temporary directory."""

import shutil
import signal
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.demo import broker_config as kraft
from service.demo import jars
from service.demo.absence import NoBroker
from service.demo.process_guard import ProcessGuard

START_SECONDS = 90.0  # for a node to start; an idle machine needs 3 s
# Starts a third faster than with Java's defaults. Not for benchmarks.
QUICK = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
QUIET = (
    "-XX:-UsePerfData",  # a file in /tmp that a killed JVM leaves behind
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",  # logs STARTED
)
STARTED = b"Kafka Server started"


@dataclass
class Node:
    """One broker of a cluster that can be killed, stopped, frozen and started again."""

    command: list[str]
    log: Path
    guard: ProcessGuard
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """The id of the running process; None when it is down."""
        return self._process.pid if self._process else None

    def launch(self) -> int:
        """Start the process. Return the length of its log so far, for `wait`."""
        said = self.log.stat().st_size if self.log.exists() else 0
        self._process = self.guard.start(self.command, log=self.log)
        return said

    def wait(self, said: int = 0) -> None:
        """Return when the broker takes requests. Raises NoBroker with the last line of its log."""
        assert self._process
        until = time.monotonic() + START_SECONDS
        while STARTED not in self.log.read_bytes()[said:]:
            if self._process.poll() is not None or time.monotonic() > until:
                raise NoBroker(f"Kafka does not start: {_last_words(self.log)}")
            time.sleep(0.02)

    def start(self) -> None:
        """Start the broker again, on its old ports with its old logs. Return when it takes requests."""
        self.wait(self.launch())

    def kill(self) -> None:
        """Kill the broker with SIGKILL, like a power cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Shut the broker down in order, with SIGTERM."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Suspend the broker with SIGSTOP. Its connections stay open."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume the broker after `freeze`."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait()
            self.guard.let_go(self._process)
            self._process = None


@dataclass(frozen=True)
class MavenBroker:
    """A running cluster."""

    bootstrap: str
    nodes: tuple[Node, ...]
    origin: str = f"Kafka {kraft.VERSION} from Maven"


@contextmanager
def maven_broker(
    *, count: int = 1, properties: Mapping[str, str] | None = None, jvm: tuple[str, ...] = QUICK
) -> Iterator[MavenBroker]:
    """A cluster of `count` nodes for as long as the block runs. Raises NoBroker.

    `properties`: server properties besides ours, which they override.
    """
    kafka = jars.kafka()
    free = kraft.free_ports(2 * count)
    ports = list(zip(free[:count], free[count:], strict=True))
    with ProcessGuard() as guard:
        nodes = tuple(
            _node(number, ports, kafka, guard, dict(properties or {}), jvm) for number in range(1, count + 1)
        )
        try:
            for node in nodes:
                node.launch()
            for node in nodes:
                node.wait()
            yield MavenBroker(",".join(f"127.0.0.1:{client}" for client, _ in ports), nodes)
        finally:
            for node in nodes:
                node.kill()  # its logs are not needed any more


def _last_words(log: Path) -> str:
    lines = [
        line for line in log.read_text(errors="replace").splitlines() if line and not line.startswith("\t")
    ]
    return lines[-1][:300] if lines else "no output"


def _node(
    number: int,
    ports: list[tuple[int, int]],
    kafka: jars.Kafka,
    guard: ProcessGuard,
    properties: dict[str, str],
    jvm: tuple[str, ...],
) -> Node:
    home = guard.directory / f"node-{number}"
    data = home / "data"
    data.mkdir(parents=True)
    # The same as StorageTool writes, which takes a second.
    identity = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    meta = {"version": "1", "cluster.id": kraft.CLUSTER_ID, "node.id": str(number), "directory.id": identity}
    (data / "meta.properties").write_text(kraft.as_file(meta))
    shutil.copy(kafka.checkpoint, data)
    ours = kraft.broker_properties(
        number, ports, bind="127.0.0.1", advertise="127.0.0.1", directory=str(data)
    )
    file = home / "server.properties"
    file.write_text(kraft.as_file(ours | properties))
    return Node(kafka.command("kafka.Kafka", str(file), jvm=(*jvm, *QUIET)), home / "log", guard)
