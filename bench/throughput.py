"""Events per second, exactly once, of the service, the bare loops and the Kafka Streams peer in turn."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient

from bench import contestants, workload
from bench.cluster import Row, cluster, committed, fill, topics
from bench.contestants import Contestant
from bench.options import Options
from bench.program import running
from bench.result import Figure, ratio
from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2

TICKETS = 200_000
PARTITIONS = 4
LOOK = 0.1  # seconds between two looks at the committed offsets, which cost CPU, too

Start = Callable[[str, str], Contestant]  # bootstrap, prefix of the topics


def rows(tickets: int, begin: int, *, structured: bool) -> dict[int, list[Row]]:
    """The workload by partition."""
    placed: dict[int, list[Row]] = {number: [] for number in range(PARTITIONS)}
    for event in workload.events(tickets, begin=begin):
        key = event.ticket.encode()
        value, headers = (
            (workload.structured(event), workload.HEADERS_STRUCTURED)
            if structured
            else workload.binary(event)
        )
        placed[murmur2(key, PARTITIONS)].append((key, value, headers))
    return placed


@asynccontextmanager
async def input_of(bootstrap: str, tickets: int, *, structured: bool) -> AsyncIterator[tuple[str, int]]:
    """A prefix under which the input lies ready, and how many events it has.

    No deadline lapses while it is measured: the events happen a minute from now on. So the peer announces
    nothing, and the service two promises kept per ticket.
    """
    prefix = f"{uuid.uuid4().hex[:6]}."
    async with topics(bootstrap, prefix, PARTITIONS):
        placed = rows(tickets, now_ms() + 60_000, structured=structured)
        yield prefix, await fill(bootstrap, f"{prefix}complaints.lifecycle", placed)


async def once(bootstrap: str, start: Start, tickets: int, *, structured: bool) -> tuple[float, float]:
    """Events per second of wall clock and of CPU, from the start of the process to its last commit."""
    async with input_of(bootstrap, tickets, structured=structured) as (prefix, events):
        contestant = start(bootstrap, prefix)
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        async with running(contestant.command, contestant.env) as program:
            while await committed(admin, contestant.group, f"{prefix}complaints.lifecycle") < events:
                program.check()
                await asyncio.sleep(LOOK)
            rates = events / program.seconds, events / program.cpu
        await admin.close()
    return rates


async def contest(
    options: Options, starts: Mapping[str, tuple[Start, bool]]
) -> dict[str, tuple[Figure, Figure]]:
    """Wall and CPU rates by name of the contestant, in turn; True asks for structured events."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in starts}
    tickets = options.sized(TICKETS)
    with cluster() as bootstrap:
        for name, (start, structured) in list(starts.items()) * options.runs:
            rates[name].append(await once(bootstrap, start, tickets, structured=structured))
            print(
                f"  {name}: {rates[name][-1][0]:,.0f}/s, {rates[name][-1][1]:,.0f} per CPU second", flush=True
            )
    return {
        name: (
            Figure(name, "events/s", [wall for wall, _ in found]),
            Figure(f"{name}, per CPU second", "events/s", [cpu for _, cpu in found]),
        )
        for name, found in rates.items()
    }


async def measure(options: Options) -> list[Figure]:
    """The rows `throughput` and `efficiency`."""
    starts: dict[str, tuple[Start, bool]] = {
        "service, structured": (contestants.service, True),
        "service, binary": (contestants.service, False),
        "bare loop": (lambda bootstrap, prefix: contestants.bare(bootstrap, prefix, "send"), True),
        "bare loop, batches": (
            lambda bootstrap, prefix: contestants.bare(bootstrap, prefix, "batches"),
            True,
        ),
    }
    if options.peer:
        target = contestants.built(options.peer)
        starts["Kafka Streams"] = (
            lambda bootstrap, prefix: contestants.streams(target, bootstrap, prefix),
            True,
        )
    found = await contest(options, starts)
    wall, cpu = found["service, structured"]
    figures = [figure for pair in found.values() for figure in pair]
    figures.append(ratio("service / bare loop", wall, found["bare loop"][0], "≥ 0.5"))
    figures.append(ratio("service / bare loop, batches", wall, found["bare loop, batches"][0]))
    if options.peer:
        peer_wall, peer_cpu = found["Kafka Streams"]
        figures.append(ratio("service / Kafka Streams", wall, peer_wall, "≥ 1.2"))
        figures.append(ratio("service / Kafka Streams, per CPU second", cpu, peer_cpu, "≥ 1.5"))
    return figures
