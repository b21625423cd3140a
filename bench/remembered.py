"""From the start to ready, with five million finished tickets in the changelog; and their memory."""

import uuid
from collections.abc import Iterator

from bench.cluster import cluster, fill, topics
from bench.options import Options
from bench.restore import PARTITIONS, start
from bench.result import Figure
from bench.tickets import RETENTION, placed, policies, receipt
from service.clock import now_ms
from service.sla.facts import Fact, Kind
from service.sla.tickets import ticket_partition

TICKETS = 5_000_000
AT_ONCE = 250_000
NAME = "T-00000000"
HOUR = 3_600_000


async def measure(options: Options) -> list[Figure]:
    """The row `remembered`: tickets of three events that kept both promises, and wait to be forgotten."""
    tickets, took, resident = options.sized(TICKETS), [], []
    value = finished(now_ms())
    with cluster() as bootstrap:
        empty = await _started(bootstrap, value, 0)
        for _ in range(options.runs):
            full = await _started(bootstrap, value, tickets)
            took.append(tickets / (full[0] - empty[0]))
            resident.append((full[1] - empty[1]) / tickets)
            print(f"  {tickets} tickets: ready after {full[0]:.1f} s", flush=True)
    return [
        Figure("state of a remembered ticket", "B", [float(len(value))], "≤ 400"),
        Figure(f"restore of {tickets:,} remembered tickets", "tickets/s", took, "≥ 300000"),
        Figure("resident memory per remembered ticket", "B", resident),
    ]


def finished(now: int) -> bytes:
    """The state of the ticket NAME, which was answered and solved within an hour (ms)."""
    judged_by, begun = policies(), now - HOUR
    key, received = receipt(NAME, begun, 0)
    facts = [
        received,
        Fact(begun + 60_000, Kind.RESPONSE_STARTED, "/bench/desk", f"{NAME}-1", {}, begun, 0, 1),
        Fact(begun + HOUR, Kind.FEEDBACK_DELIVERED, "/bench/desk", f"{NAME}-2", {}, begun, 0, 2),
    ]
    partition = ticket_partition(judged_by, RETENTION)
    step = partition.step([(key, fact) for fact in facts], at=now, now=now, offset=-1, grace=0)
    value = step.changes[key]
    assert value is not None
    return value


async def _started(bootstrap: str, value: bytes, tickets: int) -> tuple[float, int]:
    """Seconds until the service is ready on so many tickets, and bytes resident then."""
    prefix = f"{uuid.uuid4().hex[:6]}."
    async with topics(bootstrap, prefix, PARTITIONS):
        for first in range(0, tickets, AT_ONCE):
            some = range(first, min(first + AT_ONCE, tickets))
            await fill(bootstrap, f"{prefix}sla.tickets", placed(_copies(value, some), PARTITIONS))
        seconds, resident, _ = await start(bootstrap, prefix)
        return seconds, resident


def _copies(value: bytes, numbers: range) -> Iterator[tuple[bytes, bytes]]:
    """The same state under other names of the same length: nothing in it is computed from the name."""
    for number in numbers:
        name = f"T-{number:08}".encode()
        yield name + b"@default", value.replace(NAME.encode(), name)
