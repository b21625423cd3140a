"""`backfill --replace` on a real Kafka with a running service: what is judged is the later export."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from schemas.topics import LIFECYCLE
from service.demo.broker import Broker
from service.kafka.codec.partitioner import murmur2
from service.kafka.topics.known_facts import known_facts
from service.kafka.topics.lifecycle import STRUCTURED
from tests.broker.log import new_topics, read
from tests.broker.service import environment, running, sla_timer

SETTLED_WITHIN = 90  # seconds
KEPT = ("type", "ticket_id", "customer_id", "cycle", "clock", "level", "state", "started_at", "due_at")
KEPT += ("stopped_at", "elapsed_seconds", "overrun_seconds", "attributes")
MAPPING = """\
mapping: wide
source: /desk/wide
rows:
  columns: {ticket: Nr, who: Customer, opened: Opened, answered: Answered, told: Told}
  ticket: ticket
  rules:
    - rule: receipt
      event: received
      id: "{ticket}/created"
      time: opened
      data: {customer_id: {read: who}, channel: phone}
    - {rule: answer, event: response_started, id: "{ticket}/answered", time: answered}
    - {rule: told, event: feedback_delivered, id: "{ticket}/told", time: told}
"""
TICKETS = 300


def row(number: int, answered: int | None, told: int, who: str = "C") -> str:
    """A ticket of a January morning; answered and told so many minutes later."""

    def instant(minutes: int) -> str:
        return f"2026-01-{2 + number % 20:02}T{9 + minutes // 60:02}:{minutes % 60:02}:00+08:00"

    return f"{number},{who},{instant(0)},{'' if answered is None else instant(answered)},{instant(told)}"


def first(number: int) -> str:
    return row(number, 10 + number % 40, 60 + number % 120)


def second(number: int) -> str:
    """A third of the tickets was answered at another instant, and some belong to another customer."""
    answered = (10 + number % 40) if number % 3 else 25 + number % 90
    return row(number, answered, 60 + number % 120, who="D" if number % 7 == 0 else "C")


class Desk:
    """The topics, and a mapping beside its exports."""

    def __init__(self, kafka: Broker, prefix: str, folder: Path) -> None:
        self.env = environment(kafka.bootstrap, prefix, SLA_INSTANCE="one")
        self.bootstrap, self.prefix, self.folder = kafka.bootstrap, prefix, folder
        (folder / "wide.yaml").write_text(MAPPING, encoding="utf-8")
        assert sla_timer("topics", "ensure", "--partitions", "3", env=self.env).returncode == 0
        self.files = {}
        for name, of in (("a", first), ("b", second)):
            self.files[name] = folder / f"{name}.csv"
            rows = ["Nr,Customer,Opened,Answered,Told", *map(of, range(TICKETS))]
            self.files[name].write_text("\n".join(rows) + "\n", encoding="utf-8")

    def command(self, name: str, *options: str) -> list[str]:
        return ["backfill", str(self.folder / "wide.yaml"), str(self.files[name]), "--replace", *options]

    def backfill(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        done = sla_timer(*self.command(name, *options), env=self.env)
        assert done.returncode == 0, done.stderr
        return done

    def judged(self, name: str) -> list[str]:
        """What `simulate` says of an export alone."""
        by = ["--mapping", str(self.folder / "wide.yaml"), "--policies", self.env["SLA_POLICIES"]]
        done = sla_timer("simulate", str(self.files[name]), *by, env=self.env)
        assert done.returncode == 0, done.stderr
        return sorted(map(_kept, map(json.loads, done.stdout.splitlines())))

    async def stands(self, wanted: list[str]) -> list[str]:
        """What stands of all that the service announced, once it is what is wanted, or time is up."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLED_WITHIN
        while True:
            found: dict[str, dict] = {}
            for record in await read(
                self.bootstrap, f"{self.prefix}sla.breaches", f"{self.prefix}sla.clocks"
            ):
                said = json.loads(record.value) | {"type": dict(record.headers)["ce_type"].decode()}
                if said["revision"] > found.get(said["breach_id"], {"revision": 0})["revision"]:
                    found[said["breach_id"]] = said
            stand = sorted(_kept(one) for one in found.values() if one["type"] not in TAKEN_BACK)
            if stand == wanted or loop.time() > until:
                return stand

    def facts(self) -> list[tuple[str, str]]:
        """Ticket and id of every event in the log."""
        topic = LIFECYCLE.named(self.prefix)
        reach = {"bootstrap_servers": [self.bootstrap]}
        found = asyncio.run(known_facts(reach, topic, murmur2, lambda *_: True))
        return [(ticket, fact.id) for ticket, fact in found]


# A warning is told only while it can still help, so of a ticket of the past none is.
TAKEN_BACK = ("sla.breach_retracted", "sla.corrected")


def _kept(said: dict) -> str:
    return json.dumps({name: said[name] for name in KEPT}, sort_keys=True)


def test_three_exports_in_a_row_are_judged_as_the_last_one_alone(
    kafka: Broker, prefix: str, tmp_path: Path
) -> None:
    desk = Desk(kafka, prefix, tmp_path)
    with running(desk.env):
        for name in ("a", "b", "a"):
            wanted = desk.judged(name)
            told = desk.backfill(name, "--dry-run").stderr
            before = desk.facts()
            sent = desk.backfill(name)
            assert sent.stderr == told
            again = desk.backfill(name)
            assert again.stdout == "0 events sent\n"
            assert sent.stdout == f"{len(desk.facts()) - len(before):,} events sent\n"
            assert asyncio.run(desk.stands(wanted)) == wanted
    found = desk.facts()
    assert len(found) == len(set(found))  # no id came back


@pytest.mark.parametrize("batches", [0, 1, 20])
def test_killed_on_the_way_and_run_again_it_ends_in_the_same(
    kafka: Broker, prefix: str, tmp_path: Path, batches: int
) -> None:
    desk = Desk(kafka, prefix, tmp_path)
    desk.backfill("a")
    before = len(desk.facts())
    command = [sys.executable, "-m", "tests.broker.killed_publisher", str(batches), *desk.command("b")]
    killed = subprocess.run(command, env=desk.env, capture_output=True, text=True, timeout=60, check=False)
    assert killed.returncode == -9, killed.stderr
    part = len(desk.facts()) - before
    done = desk.backfill("b")
    assert done.stdout != "0 events sent\n"
    assert desk.backfill("b").stdout == "0 events sent\n"
    found = desk.facts()
    assert len(found) == len(set(found))
    assert (part > 0) is (batches > 0)
    assert part < len(found) - before
    wanted = desk.judged("b")
    with running(desk.env):
        assert asyncio.run(desk.stands(wanted)) == wanted


async def test_what_an_open_transaction_hides_is_waited_for(bootstrap: str) -> None:
    """Else what was corrected a moment ago would be corrected again, by what the log had before."""
    (topic,) = await new_topics(bootstrap, ["lifecycle"], 1)
    reach = {"bootstrap_servers": [bootstrap]}
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}-open")
    async with producer, asyncio.timeout(SETTLED_WITHIN):
        await producer.begin_transaction()
        await producer.send_and_wait(topic, EVENT, key=b"1", headers=STRUCTURED)
        asked = asyncio.create_task(known_facts(reach, topic, murmur2, lambda *_: True))
        await asyncio.wait({asked}, timeout=2)
        assert not asked.done()
        await producer.commit_transaction()
        assert [(ticket, fact.id) for ticket, fact in await asked] == [("1@default", "1/told")]


EVENT = (
    b'{"specversion":"1.0","id":"1/told","source":"/desk/wide","type":"complaint.feedback_delivered",'
    b'"subject":"1","time":"2026-01-02T09:00:00Z","data":{}}'
)
