"""The programs that are compared: how each is built, started and told where to read."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.demo.broker_config import free_ports

ROOT = Path(__file__).parents[1]
PEER = ROOT.parent / "shared" / "peers" / "kafka-streams"  # where one may lie beside a checkout
BUILD = ROOT / "build"


@dataclass(frozen=True)
class Contestant:
    """A program ready to start, and the consumer group whose offsets say how far it is."""

    command: list[str]
    env: Mapping[str, str]
    group: str


def service(bootstrap: str, prefix: str, **settings: str) -> Contestant:
    """This service, as its users run it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLA_", "KAFKA_"))}
    group = prefix + "service"
    ours = {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "SLA_TOPIC_PREFIX": prefix,
        "SLA_GROUP": group,
        "SLA_POLICIES": str(ROOT / "policies"),
        "SLA_HTTP": f"127.0.0.1:{free_ports(1)[0]}",
    }
    return Contestant([sys.executable, "-m", "service", "run"], kept | ours | settings, group)


def bare(bootstrap: str, prefix: str, how: str) -> Contestant:
    """The bare loop of bench/bare.py, which says `how` it may write."""
    group = prefix + "bare"
    command = [sys.executable, "-m", "bench.bare", bootstrap, prefix, group, how]
    return Contestant(command, dict(os.environ), group)


def built(peer: Path) -> Path:
    """The peer's classes and jars, built with Maven when they are not there yet."""
    place = BUILD / "peer"
    if not (place / "target" / "lib").exists():
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-R", str(peer / "pom.xml"), str(peer / "src"), str(place)], check=True)
        goals = ["package", "dependency:copy-dependencies", "-DoutputDirectory=target/lib"]
        subprocess.run(["mvn", "-q", "-B", *goals], cwd=place, check=True)
    return place / "target"


def streams(target: Path, bootstrap: str, prefix: str, threads: int = 1) -> Contestant:
    """The Kafka Streams peer. Its state is in memory; what it keeps on disk lies below build/."""
    group = prefix + "peer"
    jvm = ["-Xmx1g", f"-Dstate.dir={BUILD / 'peer' / 'state' / group}"]
    classes = f"{target / 'classes'}:{target / 'lib'}/*"
    topics = [f"{prefix}complaints.lifecycle", f"{prefix}sla.breaches"]
    command = ["java", *jvm, "-cp", classes, "peer.SlaStreams", bootstrap, *topics, group, str(threads)]
    return Contestant(command, dict(os.environ), group)
