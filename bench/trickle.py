"""What a few events per second cost: CPU of a process and of the broker, beside the Kafka Streams peer."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Callable

from aiokafka.admin import AIOKafkaAdminClient

from bench import contestants
from bench.cluster import committed, topics
from bench.contestants import ROOT, Contestant
from bench.options import Options
from bench.program import cpu_of, running
from bench.result import Figure, ratio
from service.demo.maven_broker import maven_broker

PARTITIONS = 12
RATES = (10, 100, 1_000)  # events per second
WARM, SECONDS = 20, 40
BAR = {100: "≤ 10"}  # per cent of a core
NO_MORE = {100: "≤ 1"}  # of the broker than the peer
_JVM = ("-Xms1g", "-Xmx1g")
_LOOK = 0.2  # seconds between two looks for the first commit

Start = Callable[[str, str], Contestant]
Cost = tuple[float, float]  # per cent of a core: the process, the broker


async def measure(options: Options) -> list[Figure]:
    """The row `trickle`."""
    starts: dict[str, Start] = {"service": contestants.service}
    if options.peer:
        target = contestants.built(options.peer)
        starts["Kafka Streams"] = lambda bootstrap, prefix: contestants.streams(target, bootstrap, prefix)
    figures: list[Figure] = []
    for rate in RATES:
        found: dict[str, list[Cost]] = {name: [] for name in starts}
        for name, start in list(starts.items()) * options.runs:
            found[name].append(await once(start, rate, options))
            process, broker = found[name][-1]
            print(f"  {rate}/s, {name}: {process:.1f} % of a core, broker {broker:.1f} %", flush=True)
        figures += _figures(rate, found)
    return figures


def _figures(rate: int, found: dict[str, list[Cost]]) -> list[Figure]:
    figures: dict[str, tuple[Figure, Figure]] = {}
    for name, costs in found.items():
        bar = BAR.get(rate, "") if name == "service" else ""
        process = Figure(f"{rate}/s, {name}", "% core", [cost for cost, _ in costs], bar)
        figures[name] = (
            process,
            Figure(f"{rate}/s, broker under {name}", "% core", [cost for _, cost in costs]),
        )
    shown = [figure for pair in figures.values() for figure in pair]
    if len(figures) > 1:
        ours, peers = (figures[name][1] for name in found)
        shown.append(ratio(f"{rate}/s, broker, service / peer", ours, peers, NO_MORE.get(rate, "")))
    return shown


async def once(start: Start, rate: int, options: Options) -> Cost:
    """A broker and a program of their own, for they remember; events all the time."""
    seconds = max(5, options.sized(SECONDS))
    with maven_broker(jvm=_JVM) as kafka:
        prefix = f"{uuid.uuid4().hex[:6]}."
        async with topics(kafka.bootstrap, prefix, PARTITIONS):
            contestant = start(kafka.bootstrap, prefix)
            flow = [sys.executable, "-m", "bench.flow", kafka.bootstrap, prefix, str(rate), str(PARTITIONS)]
            admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
            await admin.start()
            async with running(contestant.command, contestant.env) as program:
                flowing = subprocess.Popen(flow, cwd=ROOT)
                try:
                    while not await committed(admin, contestant.group, f"{prefix}complaints.lifecycle"):
                        program.check()
                        await asyncio.sleep(_LOOK)
                    await asyncio.sleep(max(5, options.sized(WARM)))
                    pid = kafka.nodes[0]._process.pid
                    before = program.cpu, cpu_of(pid)
                    await asyncio.sleep(seconds)
                    return (
                        100 * (program.cpu - before[0]) / seconds,
                        100 * (cpu_of(pid) - before[1]) / seconds,
                    )
                finally:
                    flowing.kill()
                    flowing.wait()
                    await admin.close()
