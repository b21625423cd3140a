"""A large file through `publish` at full speed, into a running service that is killed on the way.

What counts is that nothing is announced which the same file takes back, nothing twice, and that in the end
there stands what `simulate` says of the file. The service is killed whenever it has read another part of it.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from bench import history
from bench.cluster import cluster, committed, topics
from bench.contestants import service
from bench.options import Options
from bench.program import running
from bench.result import Figure
from schemas.topics import BREACHES, CLOCKS, LIFECYCLE

TICKETS = 50_000
KILLS = 4
PARTITIONS = 6
SETTLED_WITHIN = 600.0  # seconds
BEGIN = 1_772_409_600_000  # ms: 2026-03-02T00:00:00Z, in the past and after the policies begin
# A warning is told only while it can still help: whether it was depends on when the service looked.
FINAL = ("sla.breached", "sla.breach_settled", "sla.met", "sla.cancelled")
TAKEN_BACK = ("sla.breach_retracted", "sla.corrected")


@dataclass
class Told:
    """What the service announced so far."""

    announcements: int = 0
    taken_back: int = 0
    seen: Counter[str] = field(default_factory=Counter)  # ce_id
    stands: dict[str, tuple[int, str]] = field(default_factory=dict)  # revision and type, by breach_id

    def add(self, kind: str, name: str, value: bytes) -> None:
        """Note one announcement."""
        said = json.loads(value)
        self.announcements += 1
        self.taken_back += kind in TAKEN_BACK
        self.seen[name] += 1
        latest = max(self.stands.get(said["breach_id"], (0, "")), (said["revision"], kind))
        self.stands[said["breach_id"]] = latest

    @property
    def final(self) -> dict[str, str]:
        """The type of what stands for ever, by breach_id."""
        return {name: kind for name, (_, kind) in self.stands.items() if kind in FINAL}

    @property
    def twice(self) -> int:
        """Announcements that are there more than once."""
        return sum(times - 1 for times in self.seen.values())


async def measure(options: Options) -> list[Figure]:
    """The row `file`."""
    tickets = options.sized(TICKETS)
    found: list[tuple[int, float, Told, int]] = []
    with cluster() as bootstrap, tempfile.TemporaryDirectory(prefix="sla-timer-") as directory:
        for run in range(options.runs):
            file = Path(directory) / f"{run}.jsonl"
            listed = list(history.lines(tickets, begin=BEGIN, seed=run))
            events = len(listed)
            file.write_text("\n".join(listed) + "\n", encoding="utf-8")
            found.append(await once(bootstrap, file, events))
            _, seconds, told, wrong = found[-1]
            what = f"{told.announcements:,} announcements, {told.taken_back} taken back, {told.twice} twice"
            print(f"  {events:,} events in {seconds:.0f} s: {what}, {wrong} other than simulate", flush=True)
    return [
        Figure("file, to the last announcement", "events/s", [events / took for events, took, _, _ in found]),
        Figure("events", "", [events for events, _, _, _ in found]),
        Figure("announcements", "", [told.announcements for _, _, told, _ in found]),
        Figure("of them taken back", "", [told.taken_back for _, _, told, _ in found], "≤ 0"),
        Figure("of them twice", "", [told.twice for _, _, told, _ in found], "≤ 0"),
        Figure("standing other than simulate says", "", [wrong for _, _, _, wrong in found], "≤ 0"),
    ]


async def once(bootstrap: str, file: Path, events: int) -> tuple[int, float, Told, int]:
    """Events, seconds to the last announcement, what was told, and how much of it stands wrongly."""
    prefix = f"{uuid.uuid4().hex[:6]}."
    ours = service(bootstrap, prefix, SLA_INSTANCE="one")
    expected = judged(file, ours.env)
    async with topics(bootstrap, prefix, PARTITIONS):
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        told, began = Told(), time.monotonic()
        publish = [sys.executable, "-m", "service", "publish", str(file)]
        publishing = subprocess.Popen(publish, env=dict(ours.env), stdout=subprocess.DEVNULL)
        for kill in range(1, KILLS + 1):
            async with running(ours.command, ours.env) as program:
                while await committed(admin, ours.group, LIFECYCLE.named(prefix)) < events * kill // (
                    KILLS + 1
                ):
                    program.check()
                    await asyncio.sleep(0.05)
                program.process.kill()
        async with running(ours.command, ours.env):
            await settle(bootstrap, [BREACHES.named(prefix), CLOCKS.named(prefix)], told, expected)
        seconds = time.monotonic() - began
        assert publishing.wait() == 0
        await admin.close()
    return events, seconds, told, len(told.final.items() ^ expected.items())


def judged(file: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The type of what stands for ever by `simulate`, by breach_id."""
    command = [sys.executable, "-m", "service", "simulate", str(file), "--policies", env["SLA_POLICIES"]]
    lines = subprocess.run(command, env=dict(env), check=True, capture_output=True).stdout.splitlines()
    rows = map(json.loads, lines)
    return {row["breach_id"]: row["type"] for row in rows if row["type"] in FINAL}


async def settle(bootstrap: str, names: Sequence[str], told: Told, expected: Mapping[str, str]) -> None:
    """Read all that is announced until what is expected stands, and then what there is besides."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    async with reader, asyncio.timeout(SETTLED_WITHIN):
        places = [
            TopicPartition(name, number)
            for name in names
            for number in await reader._client._wait_on_metadata(name)
        ]
        reader.assign(places)
        while len(told.stands) < len(expected) or told.final != expected:
            await _take(reader, told)
        ends = await reader.end_offsets(places)
        while any([await reader.position(place) < ends[place] for place in places]):
            await _take(reader, told)


async def _take(reader: AIOKafkaConsumer, told: Told) -> None:
    for batch in (await reader.getmany(timeout_ms=200)).values():
        for record in batch:
            headers = dict(record.headers)
            kind = headers["ce_type"].decode()
            if kind != "sla.progress":
                told.add(kind, headers["ce_id"].decode(), record.value)
