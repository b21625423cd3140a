"""Kafka's jars from a Maven repository, fetched once per machine into the user's cache directory."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from service.demo import broker_config as kraft
from service.demo.absence import NoBroker

OLDEST_JAVA = 17


@dataclass(frozen=True, slots=True)
class Kafka:
    """Kafka's jars, and the initial metadata of every new node."""

    jars: Path
    checkpoint: Path

    def command(self, program: str, *arguments: str, jvm: tuple[str, ...] = ()) -> list[str]:
        """Return the command line of one of Kafka's Java programs."""
        return ["java", *jvm, "-cp", f"{self.jars}/*", program, *arguments]


def kafka() -> Kafka:
    """Return Kafka from the cache, and download it first if needed. Raises NoBroker: what is missing."""
    _java()
    if not home().exists():
        _fetch(home())
    return Kafka(home() / "jars", home() / "formatted" / "bootstrap.checkpoint")


def home() -> Path:
    """Return the cache directory of Kafka. It lies outside any checkout, so that all checkouts share it."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "sla-timer" / f"kafka-{kraft.VERSION}"


def _java() -> None:
    if not shutil.which("java"):
        raise NoBroker(f"no java (JDK or JRE {OLDEST_JAVA} or newer) on the PATH")
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < OLDEST_JAVA:
        raise NoBroker(f"java is {version[1] if version else 'broken'}, not {OLDEST_JAVA} or newer")


def _fetch(place: Path) -> None:
    """Fill `place` atomically, so that an interruption leaves nothing half done."""
    if not shutil.which("mvn"):
        raise NoBroker("no mvn (Maven) on the PATH")
    print(f"fetching Kafka {kraft.VERSION} with Maven (44 MB, once per machine)", file=sys.stderr, flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix="fetching-") as name:
        new = Kafka(Path(name, "new", "jars"), Path(name, "new", "formatted"))
        with as_file(files("service.demo") / "kafka-pom.xml") as pom:
            copy = ["dependency:copy-dependencies", f"-DoutputDirectory={new.jars}"]
            _run(["mvn", "--batch-mode", "--quiet", "--file", str(pom), *copy], "Maven cannot fetch the jars")
        _format(new, Path(name))
        try:
            new.jars.parent.rename(place)
        except OSError:
            if not place.exists():  # otherwise another process was faster: its copy is as good
                raise


def _format(new: Kafka, scratch: Path) -> None:
    """Let Kafka write the initial metadata once. It is the same for every node of every cluster."""
    ports = [(1, 2)]  # required, but not used
    properties = kraft.broker_properties(
        1, ports, bind="127.0.0.1", advertise="127.0.0.1", directory=str(new.checkpoint)
    )
    file = scratch / "server.properties"
    file.write_text(kraft.as_file(properties))
    tool = new.command("kafka.tools.StorageTool", "format", "-t", kraft.CLUSTER_ID, "-c", str(file))
    _run(tool, "Kafka cannot format a directory")


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        raise NoBroker(f"{failure}: {said[0][:200]}")
