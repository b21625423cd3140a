"""Plays a scenario and judges what was announced meanwhile."""

import asyncio
import random
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from schemas import topics
from service.clock import now_ms
from service.demo.process_guard import ProcessGuard
from tests.broker.service import environment, sla_timer
from tests.chaos.cluster import Cluster
from tests.chaos.fleet import Fleet
from tests.chaos.generator import POLICY
from tests.chaos.oracle import Row, Told, acknowledged, expected, judged
from tests.chaos.scenarios import LONELY, Stage
from tests.hostile.outcome import outcome as hostile_outcome
from tests.hostile.outcome import written

OTHERS, PARTITIONS = (2, 3), 6
WORKERS = 1 + len(OTHERS)
GRACE = 1_000  # ms: the default of SLA_GRACE
READY = 60.0  # seconds for the first announcement of every partition
SETTLED = 90.0  # seconds for everything to be announced once the disturbance is over
STOPS = 40.0  # seconds for the generator to get the rest acknowledged


async def play(
    name: str,
    scenario: Callable[[Stage], Awaitable[None]],
    cluster: Cluster,
    guard: ProcessGuard,
    *,
    seconds: float,
    rate: float,
    seed: int,
) -> Row:
    """Fresh topics, workers and complaints; the scenario again and again for `seconds`; the verdict."""
    prefix = f"chaos-{uuid.uuid4().hex[:6]}."
    home = guard.directory / prefix
    (home / "policies").mkdir(parents=True)
    (home / "policies" / "chaos.yaml").write_text(POLICY, encoding="utf-8")
    direct, proxied, lonely = (
        environment(bootstrap, prefix, SLA_POLICIES=str(home / "policies"))
        for bootstrap in (cluster.direct, cluster.proxied, cluster.lonely)
    )
    made = sla_timer("topics", "ensure", "--partitions", str(PARTITIONS), env=direct)
    assert made.returncode == 0, made.stderr
    fleet = Fleet(guard, {LONELY: lonely} | dict.fromkeys(OTHERS, proxied), home)
    for number in (LONELY, *OTHERS):
        fleet.start(number)
    log = home / "acknowledged.jsonl"
    log.touch()
    loop = asyncio.get_running_loop()
    names = [topic.named(prefix) for topic in (topics.BREACHES, topics.CLOCKS)]
    watching = asyncio.create_task(fleet.watch())
    generator = asyncio.create_task(
        _generate(guard, cluster.direct, topics.LIFECYCLE.named(prefix), log, rate, seed)
    )
    try:
        async with Told(cluster.direct, names, PARTITIONS) as told:
            async with asyncio.timeout(READY):
                while len(told.partitions) < PARTITIONS:
                    await told.read()
            since = now_ms()
            stage, began = Stage(cluster, guard, fleet, generator, prefix, random.Random(seed)), loop.time()
            while loop.time() < began + seconds:
                await scenario(stage)
            generator.cancel()
            with suppress(asyncio.CancelledError):
                await generator
            row = Row(name, round(loop.time() - began), restarts=fleet.starts - WORKERS)
            right = await asyncio.to_thread(expected, log, direct)
            until = loop.time() + SETTLED
            while loop.time() < until and told.standing() != right:
                await told.read()
            for _ in range(5):
                await told.read()  # what comes too much may come last
            row.restarts, row.died = fleet.starts - WORKERS, len(fleet.deaths)
            row.memory = fleet.memory // 1_000_000
            row = judged(row, told, right, acknowledged(log), GRACE, since, stage.loaded, stage.moves)
            row.examples += fleet.deaths
            if stage.hostile:
                found = await hostile_outcome(cluster.direct, prefix, written(stage.hostile))
                row.aside, row.astray = found.put_aside, found.lost + found.twice + found.wrong
                row.examples += found.examples
            return row
    finally:
        generator.cancel()
        watching.cancel()
        await asyncio.gather(watching, generator, return_exceptions=True)
        for number in list(fleet):
            fleet.kill(number)
        _keep_logs(home, name)


async def _generate(
    guard: ProcessGuard, bootstrap: str, topic: str, log: Path, rate: float, seed: int
) -> None:
    """The generator until it is cancelled, and then until all is acknowledged."""
    command = [
        sys.executable,
        "-m",
        "tests.chaos.generator",
        bootstrap,
        topic,
        str(log),
        str(rate),
        str(seed),
    ]
    process = guard.start(command, log=log.with_name("generator.log"))
    ended = asyncio.create_task(asyncio.to_thread(process.wait))
    try:
        await asyncio.shield(ended)
        raise AssertionError(f"the generator ended: {log.with_name('generator.log').read_text()[-500:]}")
    except asyncio.CancelledError:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOPS):
            await ended
        raise
    finally:
        process.kill()
        guard.let_go(process)


def _keep_logs(home: Path, name: str) -> None:
    """For whoever wants to know why."""
    kept = Path("build", "chaos", name.replace(" ", "-"))
    kept.mkdir(parents=True, exist_ok=True)
    for log in (*home.glob("*.log"), *home.glob("*.jsonl")):
        log.replace(kept / log.name)
