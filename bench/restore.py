"""From the start of the process to ready, with a million tickets in the changelog; and their memory."""

import uuid

from bench.cluster import cluster, fill, topics
from bench.contestants import service
from bench.options import Options
from bench.program import ready, running
from bench.result import Figure
from bench.tickets import placed, states
from service.clock import now_ms

TICKETS = 1_000_000
PARTITIONS = 4


async def measure(options: Options) -> list[Figure]:
    """The rows `restore` and `memory`: what a full changelog adds to an empty one."""
    tickets = options.sized(TICKETS)
    empty: list[tuple[float, int, float]] = []
    full: list[tuple[float, int, float]] = []
    with cluster() as bootstrap:
        for measured, count in ((empty, 0), (full, tickets)):
            prefix = f"{uuid.uuid4().hex[:6]}."
            async with topics(bootstrap, prefix, PARTITIONS):
                now = now_ms()
                found = states(count, lambda number, now=now: now - number % 60_000, now)
                await fill(bootstrap, f"{prefix}sla.tickets", placed(found, PARTITIONS))
                for _ in range(options.runs):
                    measured.append(await start(bootstrap, prefix))
                    print(f"  {count} tickets: ready after {measured[-1][0]:.1f} s", flush=True)
    took = [after - before for (after, *_), (before, *_) in zip(full, empty, strict=True)]
    cpu = [after - before for (*_, after), (*_, before) in zip(full, empty, strict=True)]
    bytes_each = [
        (after - before) / tickets for (_, after, _), (_, before, _) in zip(full, empty, strict=True)
    ]
    return [
        Figure("start to ready, empty changelog", "s", [seconds for seconds, *_ in empty]),
        Figure(f"start to ready, {tickets:,} tickets", "s", [seconds for seconds, *_ in full]),
        Figure(f"restore of {tickets:,} tickets", "s", took, "≤ 12"),
        Figure(f"restore of {tickets:,} tickets, CPU", "s", cpu),
        Figure("resident memory per open ticket", "B", bytes_each, "≤ 700"),
        Figure("resident memory without tickets", "MB", [held / 1e6 for _, held, _ in empty]),
    ]


async def start(bootstrap: str, prefix: str) -> tuple[float, int, float]:
    """Seconds until it is ready, bytes resident then, and CPU seconds used by then."""
    contestant = service(bootstrap, prefix)
    async with running(contestant.command, contestant.env) as program:
        seconds = await ready(program, contestant.env["SLA_HTTP"])
        return seconds, program.resident, program.cpu
