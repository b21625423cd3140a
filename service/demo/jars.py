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
    """An unpacked Kafka: its jars, and the first metadata that every new node starts from."""

    jars: Path
    checkpoint: Path

    def command(self, program: str, *arguments: str, jvm: tuple[str, ...] = ()) -> list[str]:
        """The command line of one of its Java programs."""
        return ["java", *jvm, "-cp", f"{self.jars}/*", program, *arguments]


def kafka() -> Kafka:
    """Kafka from the cache, fetched if it is not there yet. Raises NoBroker: what is missing."""
    _java()
    if not home().exists():
        _fetch(home())
    return Kafka(home() / "jars", home() / "formatted" / "bootstrap.checkpoint")


def home() -> Path:
    """Where Kafka is kept, outside any checkout: all of them share it."""
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
    """Fills `place` at one stroke, so that an interruption leaves nothing half done."""
    if not shutil.which("mvn"):
        raise NoBroker("no mvn (Maven) on the PATH")
    print(f"fetching Kafka {kraft.VERSION} with Maven (44 MB, once per machine)", file=sys.stderr, flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix="fetching-") as name:
        new = Kafka(Path(name, "new", "jars"), Path(name, "new", "formatted"))
        with as_file(files("service.demo") / "kafka-pom.xml") as pom:
            copy = ["dependency:copy-dependencies", f"-DoutputDirectory={new.jars}"]
            _run(["mvn", "--batch-mode", "--quiet", "--file", str(pom), *copy], "Maven does not get the jars")
        _format(new, Path(name))
        try:
            new.jars.parent.rename(place)
        except OSError:
            if not place.exists():  # otherwise somebody else was faster: theirs is as good
                raise


def _format(new: Kafka, scratch: Path) -> None:
    """Lets Kafka write the first metadata once; it is the same for every node of every cluster."""
    ports = [(1, 2)]  # not used, but asked for
    properties = kraft.broker_properties(
        1, ports, bind="127.0.0.1", advertise="127.0.0.1", directory=str(new.checkpoint)
    )
    file = scratch / "server.properties"
    file.write_text(kraft.as_file(properties))
    tool = new.command("kafka.tools.StorageTool", "format", "-t", kraft.CLUSTER_ID, "-c", str(file))
    _run(tool, "Kafka does not format a directory")


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no word of why"]
        raise NoBroker(f"{failure}: {said[0][:200]}")
