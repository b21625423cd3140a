"""What the batch judge says of the generator's file, held against all that was announced."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.instant import milliseconds
from schemas.instant import read as read_instant
from schemas.topics import LIFECYCLE
from service.kafka.codec.record import Record
from tests.broker.service import sla_timer
from tests.chaos.generator import OURS

BREACHES = ("sla.breached", "sla.breach_settled")
FIRED = ("sla.breached", "sla.at_risk")
# A warning is told only while it can still help, so the batch judge cannot know of it.
FINAL = (*BREACHES, "sla.met", "sla.cancelled")
CHARGED = (
    "type",
    "tenant",
    "ticket_id",
    "clock",
    "level",
    "started_at",
    "due_at",
    "stopped_at",
    "elapsed_seconds",
)
STOPS = {"response": ("response_started", "feedback_delivered"), "resolution": ("feedback_delivered",)}

Facts = Mapping[str, Sequence[Mapping[str, Any]]]  # events by ticket


@dataclass
class Row:
    """A scenario's line of the table."""

    scenario: str
    seconds: int = 0
    events: int = 0
    breaches: int = 0
    lost: int = 0
    twice: int = 0
    false: int = 0
    early: int = (
        0  # breaches and warnings that Kafka had, by its clock, before the deadline and its grace ended
    )
    # Breach ids whose revisions are not 1, 2, 3, …; and breaches after the progress that excludes them.
    disorder: int = 0
    late_facts: int = (
        0  # breaches taken back by a fact that was acknowledged after the deadline and its grace
    )
    stall: float = 0.0  # seconds: the longest from due + grace to the detection of a breach
    kafka: float = 0.0  # seconds: the longest that Kafka took to move the leaders away from a hanging broker
    moved: float = 0.0  # seconds: the longest stall, without the time before Kafka had moved them
    restarts: int = 0
    died: int = 0  # workers that ended by themselves
    memory: int = 0  # MB: the most that a worker had
    aside: int = 0  # hostile records that were put aside
    astray: int = 0  # hostile records that were lost, put aside twice, or wrongly judged or put aside
    examples: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """The bar."""
        return (
            not (self.lost or self.twice or self.false or self.early or self.disorder or self.astray)
            and self.breaches > 0
        )

    def line(self) -> list[str]:
        """The cells of the table."""
        return [
            f"{value:.1f}" if isinstance(value, float) else str(value)
            for name, value in asdict(self).items()
            if name != "examples"
        ]


class Told:
    """Reads the announcements as billing does, committed ones only, as they come."""

    def __init__(self, bootstrap: str, topics: Sequence[str], partitions: int) -> None:
        self._partitions = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        self._reader = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
        )
        self.rows: list[dict[str, Any]] = []  # in the order of their partition
        self.partitions: set[int] = set()  # where there are any
        self._standing: dict[str, dict[str, Any]] = {}
        # By partition of the breaches and of the input: until when they are complete (ms).
        self._complete: dict[tuple[int, int], int] = {}

    async def __aenter__(self) -> Self:
        await self._reader.start()
        self._reader.assign(self._partitions)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._reader.stop()

    async def read(self) -> None:
        """All there is by now, or some of it."""
        for records in (await self._reader.getmany(timeout_ms=200)).values():
            self._take(records)

    def _take(self, records: Iterable[Record]) -> None:
        for record in records:
            row = json.loads(record.value)
            row["partition"], row["told_at"] = record.partition, record.timestamp
            row["type"] = dict(record.headers)["ce_type"].decode()
            if row["type"] == "sla.progress":
                if row["source_topic"].endswith(LIFECYCLE.name):  # not of the support desks
                    until = milliseconds(read_instant(row["complete_until"]))
                    self._complete[record.partition, row["source_partition"]] = until
                continue
            if not record.key.startswith(OURS.encode()):
                continue
            self.partitions.add(record.partition)
            place = row["partition"], row["evidence"][0]["partition"]
            row["complete_until"] = self._complete.get(place, 0)
            self.rows.append(row)
            if row["revision"] > self._standing.get(row["breach_id"], {"revision": 0})["revision"]:
                self._standing[row["breach_id"]] = row

    def standing(self) -> dict[str, dict[str, Any]]:
        """What stands, by breach_id."""
        return charged(row for row in self._standing.values() if row["type"] in FINAL)


def charged(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What billing charges from, by breach_id."""
    return {row["breach_id"]: {name: row[name] for name in CHARGED} for row in rows}


def expected(log: Path, env: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What stands in the end by the batch judge."""
    found = sla_timer("simulate", str(log), "--policies", env["SLA_POLICIES"], env=env)
    if found.returncode or found.stderr:
        raise AssertionError(f"simulate: {found.stderr[:500]}")
    rows = map(json.loads, found.stdout.splitlines())
    return charged(row for row in rows if row["type"] in FINAL)


def acknowledged(log: Path) -> dict[str, list[dict[str, Any]]]:
    """The events of the file by ticket."""
    facts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        facts[event["subject"]].append(event)
    return facts


def excused(row: Mapping[str, Any], facts: Facts, grace: int) -> bool:
    """True when a breach was right by all that Kafka had acknowledged when its grace ended.

    By the arithmetic of the letter alone: no code of the service has a say here.
    """
    due = milliseconds(read_instant(row["due_at"]))
    return not any(
        event["type"].removeprefix("complaint.") in STOPS[row["clock"]]
        and milliseconds(read_instant(event["time"])) <= due
        and event["ackedat"] <= due + grace
        for event in facts[row["ticket_id"]]
    )


def overtaken(row: Mapping[str, Any], facts: Facts, grace: int) -> bool:
    """True when a breach comes after it was said that all were told, though Kafka had acknowledged its facts.

    What was complete is what the input up to the watermark shows, and that is the grace later.
    """
    until = row["complete_until"]
    if row["type"] != "sla.breached" or row["reason"] is not None:
        return False
    acked = {event["id"]: event["ackedat"] for event in facts[row["ticket_id"]]}
    known = max(acked[one["event_id"]] for one in row["evidence"])
    return milliseconds(read_instant(row["due_at"])) < until and known <= until + grace


def judged(
    row: Row,
    told: Told,
    expected: Mapping[str, Mapping[str, Any]],
    facts: Facts,
    grace: int,
    since: int,
    loaded: int | None = None,
    moves: Sequence[tuple[int, int]] = (),
) -> Row:
    """Fills in what the announcements are worth. `since` (ms): earlier deadlines are no stall, nor are those
    of the partition `loaded`. `moves` (ms): when a broker began to hang, when Kafka had moved its leaders."""
    standing = told.standing()
    row.kafka = max([(moved - hung) / 1_000 for hung, moved in moves], default=0.0)
    row.events = sum(map(len, facts.values()))
    row.breaches = sum(verdict["type"] in BREACHES for verdict in expected.values())
    lost = [verdict for name, verdict in expected.items() if standing.get(name) != verdict]
    false = [verdict for name, verdict in standing.items() if name not in expected]
    revisions: dict[tuple[str, int], list[int]] = defaultdict(list)
    early: list[Mapping[str, Any]] = []
    for said in told.rows:
        revisions[said["breach_id"], said["epoch"]].append(said["revision"])
        if said["type"] in FIRED and said["told_at"] <= milliseconds(read_instant(said["due_at"])) + grace:
            early.append(said)
        if said["type"] != "sla.breached":
            continue
        due, detected = (milliseconds(read_instant(said[name])) for name in ("due_at", "detected_at"))
        known = min(event["ackedat"] for event in facts[said["ticket_id"]])
        if due > since and said["partition"] != loaded:
            since_known = max(due + grace, known)
            row.stall = max(row.stall, (detected - since_known) / 1_000)
            could = max([since_known, *(moved for hung, moved in moves if hung <= since_known)])
            row.moved = max(row.moved, (detected - could) / 1_000)
        if said["breach_id"] not in expected and excused(said, facts, grace):
            row.late_facts += 1
        elif said["breach_id"] not in expected or detected <= due + grace:
            false.append(said)
    row.lost, row.false, row.early = len(lost), len(false), len(early)
    row.twice = sum(count - 1 for seen in revisions.values() for count in Counter(seen).values())
    row.disorder = sum(seen != list(range(1, len(seen) + 1)) for seen in revisions.values())
    late = [said for said in told.rows if overtaken(said, facts, grace)]
    row.disorder += len(late)
    row.examples = [f"lost {verdict}" for verdict in lost[:3]] + [f"false {verdict}" for verdict in false[:3]]
    row.examples += [f"early {said}" for said in early[:3]] + [f"overtaken {said}" for said in late[:3]]
    return row
