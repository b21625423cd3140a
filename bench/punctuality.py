"""From a deadline to when a read-committed consumer sees its breach, with a million open tickets."""

import asyncio
import json
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.announced import breaches
from bench.cluster import cluster, fill, topics
from bench.contestants import ROOT, service
from bench.options import Options
from bench.program import in_time, ready, running
from bench.result import Figure
from bench.tickets import placed, states
from schemas.instant import milliseconds, read
from service.clock import now_ms

TICKETS = 1_000_000
PARTITIONS = 4
RATE = 50  # deadlines per second
SECONDS = 120
RESPONSE = 30 * 60_000  # ms: the first breach level of letter 1
FLOW = 10_000  # events per second
RESTORED_WITHIN = 90_000  # ms


async def measure(options: Options) -> list[Figure]:
    """The row `punctuality`: idle, and with events flowing."""
    figures = []
    with cluster() as bootstrap:
        for flow, bars in ((0, ("≤ 30", "≤ 100")), (FLOW, ("", "≤ 250"))):
            late = await once(bootstrap, options, flow)
            what = f"{flow:,} events/s" if flow else "idle"
            figures.append(Figure(f"due to visible, {what}, p50", "ms", [late[len(late) // 2]], bars[0]))
            figures.append(
                Figure(f"due to visible, {what}, p99", "ms", [late[len(late) * 99 // 100]], bars[1])
            )
            figures.append(Figure(f"due to visible, {what}, worst", "ms", [late[-1]]))
            figures.append(Figure(f"deadlines seen, {what}", "", [len(late)]))
    return figures


async def once(bootstrap: str, options: Options, flow: int) -> list[int]:
    """How late (ms) each breach was, ascending."""
    tickets, seconds = options.sized(TICKETS), max(10, options.sized(SECONDS))
    prefix = f"{uuid.uuid4().hex[:6]}."
    async with topics(bootstrap, prefix, PARTITIONS):
        now = now_ms()
        waiting = placed(states(tickets, lambda number: now - number % 60_000, now), PARTITIONS)
        await fill(bootstrap, f"{prefix}sla.tickets", waiting)
        first_due = now_ms() + max(45_000, int(RESTORED_WITHIN * options.scale))
        count = RATE * seconds
        due = states(count, lambda number: first_due + number * 1_000 // RATE - RESPONSE, now_ms(), name="D")
        await fill(bootstrap, f"{prefix}sla.tickets", placed(due, PARTITIONS))
        contestant = service(bootstrap, prefix, SLA_GRACE="0s")
        async with running(contestant.command, contestant.env) as program, flowing(bootstrap, prefix, flow):
            await ready(program, contestant.env["SLA_HTTP"])
            in_time(first_due)
            return sorted(await _late(bootstrap, prefix, count, first_due))


async def _late(bootstrap: str, prefix: str, count: int, first_due: int) -> list[int]:
    late: list[int] = []
    async with asyncio.timeout((first_due - now_ms()) / 1000 + count / RATE + 60):
        async for record, seen_at in breaches(bootstrap, prefix, PARTITIONS):
            if record.key.startswith(b"D-"):
                late.append(seen_at - _instant(record.value))
                if len(late) == count:
                    break
    return late


def _instant(value: bytes) -> int:
    return milliseconds(read(json.loads(value)["due_at"]))


@asynccontextmanager
async def flowing(bootstrap: str, prefix: str, rate: int) -> AsyncIterator[None]:
    """So many events per second from a process of their own, as long as the block runs."""
    if not rate:
        yield
        return
    command = [sys.executable, "-m", "bench.flow", bootstrap, prefix, str(rate)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        process.kill()
        process.wait()
