"""A service as a process under a prefix, its topics, and a policy that lapses within seconds."""

import asyncio
import json
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from schemas.instant import written
from service.kafka.codec.partitioner import murmur2
from tests.broker.log import read, write
from tests.broker.service import STOPS_WITHIN, environment, running, sla_timer

WITHIN = 60.0  # seconds: a broker and a service on a busy machine

POLICY = """
policy: quick
version: 1
effective_from: 2026-01-01T00:00:00Z
title: {en: Quick}
clocks:
  response:
    start: received
    stop: [response_started]
    levels: [{level: minor, after: 1s}, {level: major, after: 2h}]
"""


def set_up(bootstrap: str, prefix: str, directory: Path, partitions: int) -> dict[str, str]:
    """Topics and a policy; gives the environment of commands."""
    policies = directory / "policies"
    policies.mkdir(exist_ok=True)
    (policies / "quick.yaml").write_text(POLICY, encoding="utf-8")
    env = environment(bootstrap, prefix, SLA_POLICIES=str(policies))
    made = sla_timer("topics", "ensure", "--partitions", str(partitions), env=env)
    assert made.returncode == 0, made.stderr
    return env


@contextmanager
def stopped_after(env: dict[str, str], *arguments: str) -> Iterator[httpx.Client]:
    """A service, or another command, from when it listens; told to stop at the end of the block."""
    with running(env, *arguments) as (process, client):
        yield client
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOPS_WITHIN) == 0


def event(ticket: str, kind: str, time: int, **data: object) -> bytes:
    """A structured CloudEvent that says that `kind` happened to the ticket at `time` (ms)."""
    body = {
        "specversion": "1.0",
        "id": f"{kind}-{time}",
        "source": "/desk",
        "type": f"complaint.{kind}",
        "subject": ticket,
        "time": written(time),
        "data": {"customer_id": "C1", "channel": "phone"} | data if kind == "received" else data,
    }
    return json.dumps(body).encode()


async def publish(
    bootstrap: str, prefix: str, partitions: int, events: Iterable[tuple[str, bytes | None]]
) -> None:
    """Sends (ticket, value), each to the partition of its key."""
    placed = [(murmur2(ticket.encode(), partitions), ticket.encode(), value) for ticket, value in events]
    await write(bootstrap, f"{prefix}complaints.lifecycle", placed)


async def told(bootstrap: str, prefix: str, at_least: int = 0) -> list[tuple[str, str, str | None, int]]:
    """Ticket, type, level and revision of every announcement, once there are so many."""
    topics = f"{prefix}sla.breaches", f"{prefix}sla.clocks"
    async with asyncio.timeout(WITHIN):
        while len(records := await read(bootstrap, *topics)) < at_least:
            pass
    rows = []
    for record in records:
        data = json.loads(record.value)
        type_ = dict(record.headers)["ce_type"].decode().removeprefix("sla.")
        rows.append((data["ticket_id"], type_, data["level"], data["revision"]))
    return sorted(rows, key=str)
