"""The throughput of one and of two processes on this machine; of the peer, with one and with two threads."""

import asyncio
from contextlib import AsyncExitStack

from aiokafka.admin import AIOKafkaAdminClient

from bench import contestants
from bench.cluster import cluster, committed
from bench.contestants import Contestant
from bench.options import Options
from bench.program import running
from bench.result import Figure, ratio
from bench.throughput import LOOK, TICKETS, input_of

COUNTS = (1, 2)


async def measure(options: Options) -> list[Figure]:
    """The row `scale_out`."""
    target = contestants.built(options.peer) if options.peer else None
    rates: dict[str, list[float]] = {}

    async def once(name: str, bootstrap: str, *, processes: int = 1, threads: int = 0) -> None:
        async with input_of(bootstrap, options.sized(TICKETS), structured=True) as (prefix, events):
            if threads:
                assert target
                programs = [contestants.streams(target, bootstrap, prefix, threads)]
            else:
                names = [f"bench-{number}" for number in range(processes)]
                programs = [contestants.service(bootstrap, prefix, SLA_INSTANCE=name) for name in names]
            rates.setdefault(name, []).append(await _rate(bootstrap, prefix, events, programs))
        print(f"  {name}: {rates[name][-1]:,.0f}/s", flush=True)

    with cluster() as bootstrap:
        for count in COUNTS * options.runs:
            await once(f"service, {count} process(es)", bootstrap, processes=count)
            if target:
                await once(f"Kafka Streams, {count} thread(s)", bootstrap, threads=count)
    figures = [Figure(name, "events/s", found) for name, found in rates.items()]
    by_name = {figure.name: figure for figure in figures}
    one, two = (by_name[f"service, {count} process(es)"] for count in COUNTS)
    figures.append(ratio("service, two / one", two, one))
    for count in COUNTS if target else ():
        peer = by_name[f"Kafka Streams, {count} thread(s)"]
        figures.append(ratio(f"service, 2 processes / Kafka Streams, {count} thread(s)", two, peer))
    return figures


async def _rate(bootstrap: str, prefix: str, events: int, programs: list[Contestant]) -> float:
    """Events per second from the start of the programs to the last commit."""
    async with AsyncExitStack() as stack:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        stack.push_async_callback(admin.close)
        started = [await stack.enter_async_context(running(one.command, one.env)) for one in programs]
        while await committed(admin, programs[0].group, f"{prefix}complaints.lifecycle") < events:
            for program in started:
                program.check()
            await asyncio.sleep(LOOK)
        return events / started[0].seconds
