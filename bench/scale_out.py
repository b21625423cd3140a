"""The throughput of one and of two processes on this machine."""

import asyncio
from contextlib import AsyncExitStack

from aiokafka.admin import AIOKafkaAdminClient

from bench.cluster import cluster, committed
from bench.contestants import service
from bench.options import Options
from bench.program import running
from bench.result import Figure, ratio
from bench.throughput import LOOK, TICKETS, input_of


async def measure(options: Options) -> list[Figure]:
    """The row `scale_out`."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with cluster() as bootstrap:
        for processes in (1, 2) * options.runs:
            rates[processes].append(await once(bootstrap, processes, options.sized(TICKETS)))
            print(f"  {processes} processes: {rates[processes][-1]:,.0f}/s", flush=True)
    one, two = (Figure(f"{number} process(es)", "events/s", found) for number, found in rates.items())
    return [one, two, ratio("two / one", two, one)]


async def once(bootstrap: str, processes: int, tickets: int) -> float:
    """Events per second from the start of the processes to the last commit."""
    async with input_of(bootstrap, tickets, structured=True) as (prefix, events), AsyncExitStack() as stack:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        stack.push_async_callback(admin.close)
        programs = []
        for number in range(processes):
            contestant = service(bootstrap, prefix, SLA_INSTANCE=f"bench-{number}")
            programs.append(await stack.enter_async_context(running(contestant.command, contestant.env)))
        while await committed(admin, contestant.group, f"{prefix}complaints.lifecycle") < events:
            for program in programs:
                program.check()
            await asyncio.sleep(LOOK)
        return events / programs[0].seconds
