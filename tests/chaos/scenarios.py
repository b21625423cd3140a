"""What is done to workers, brokers and the network while complaints come in. Seconds everywhere."""

import asyncio
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from schemas.topics import LIFECYCLE
from service.demo.process_guard import ProcessGuard
from tests.chaos.clocks import wrong_clock
from tests.chaos.cluster import Cluster
from tests.chaos.fleet import Fleet
from tests.chaos.freezes import freeze, freeze_and_kill, freeze_and_start
from tests.chaos.harm import bombs, refused
from tests.chaos.leaving import leave
from tests.hostile.records import LOADED

ZOMBIE = 13  # longer than the session timeout of the group (10)
LONELY = 1  # the worker that reaches the brokers through proxies of its own
FROZEN = 10  # much longer than a broker's session with the controller (3)


@dataclass
class Stage:
    """Where a scenario plays. `generator` ends with an error only."""

    cluster: Cluster
    guard: ProcessGuard
    fleet: Fleet
    generator: "asyncio.Task[None]"
    prefix: str
    dice: random.Random
    hostile: Path | None = None  # the file of a flood, see tests.hostile
    loaded: int | None = None  # the partition whose own deadlines do not count as a stall
    # Ms: when a broker began to hang, and when Kafka had moved all it led and waited for it no more.
    moves: list[tuple[int, int]] = field(default_factory=list)

    async def play(self, seconds: float) -> None:
        """Let complaints come in for so long."""
        await asyncio.wait([self.generator], timeout=seconds)
        if self.generator.done():
            self.generator.result()

    async def flood(self, kind: str, many: int, rate: float) -> None:
        """So many hostile records of that kind, `rate` a second, from another process."""
        self.hostile = self.guard.directory / self.prefix / "flood.jsonl"
        topic = LIFECYCLE.named(self.prefix)
        arguments = [self.cluster.direct, topic, str(self.hostile), kind, str(many), str(rate)]
        command = [sys.executable, "-m", "tests.hostile.flood", *arguments]
        process = self.guard.start(command, log=self.hostile.with_name("flood.log"))
        while process.poll() is None:
            await self.play(1)
        self.guard.let_go(process)
        if process.returncode:
            raise AssertionError(f"the flood ended: {self.hostile.with_name('flood.log').read_text()[-500:]}")

    async def whole(self) -> None:
        """Until every replica is in sync: a second broker down would stop everything."""
        async with asyncio.timeout(90):
            await self.cluster.whole(self.prefix)


async def calm(stage: Stage) -> None:
    """Nothing: the figures to compare with."""
    await stage.play(20)


async def kill_worker(stage: Stage) -> None:
    """kill -9 of any worker, started again at once."""
    await stage.play(3)
    number = stage.dice.choice([*stage.fleet])
    stage.fleet.kill(number)
    stage.fleet.start(number)


async def zombie(stage: Stage) -> None:
    """A worker sleeps through its session and wakes up."""
    number = stage.dice.choice([*stage.fleet])
    stage.fleet.signal(number, signal.SIGSTOP)
    await stage.play(ZOMBIE)
    stage.fleet.signal(number, signal.SIGCONT)
    await stage.play(4)


async def kill_brokers(stage: Stage) -> None:
    """kill -9 of each broker in turn: leaders, group and transaction coordinators all move."""
    for node in stage.cluster.nodes:
        await kill_broker(stage, node.kill, node.start, 4)


async def kill_broker(stage: Stage, down: Callable[[], None], up: Callable[[], None], seconds: float) -> None:
    """One broker is down for a while, and comes back whole."""
    down()
    await stage.play(seconds)
    await asyncio.to_thread(up)
    await stage.whole()
    await stage.play(2)


async def freeze_brokers(stage: Stage) -> None:
    """SIGSTOP of each broker in turn, so long that others lead in its place, then SIGCONT: stale leaders."""
    for node in stage.cluster.nodes:
        await kill_broker(stage, node.freeze, node.thaw, FROZEN)
        await stage.play(8)


async def scale(stage: Stage) -> None:
    """From all workers to one and back."""
    others = [*stage.fleet][1:]
    for number in others:
        await stage.fleet.stop(number)
    await stage.play(14)  # static members leave when their session ends
    for number in others:
        stage.fleet.start(number)
        await stage.play(6)


async def full_stop(stage: Stage) -> None:
    """Nobody works for a while; deadlines lapse meanwhile."""
    everybody = [*stage.fleet]
    for number in everybody:
        if stage.dice.random() < 0.5:
            stage.fleet.kill(number)
        else:
            await stage.fleet.stop(number)
    await stage.play(15)
    for number in everybody:
        stage.fleet.start(number)
    await stage.play(15)


async def cut_network(stage: Stage) -> None:
    """Workers lose one broker, then all; by broken connections, then by silence that ends late."""
    one = stage.dice.choice(stage.cluster.proxies)
    for proxies in ([one], stage.cluster.proxies):
        for how in ("cut", "hold"):
            for proxy in proxies:
                getattr(proxy, how)()
            await stage.play(stage.dice.choice([4, 9, 13]))
            for proxy in proxies:
                proxy.heal()
            await stage.play(5)


async def cut_one_worker(stage: Stage) -> None:
    """One worker loses all brokers; the others take its share; it comes back and knows nothing of that."""
    for how in ("hold", "cut"):
        for seconds in (4, ZOMBIE):
            for proxy in stage.cluster.lonely_proxies:
                getattr(proxy, how)()
            await stage.play(seconds)
            for proxy in stage.cluster.lonely_proxies:
                proxy.heal()
            await stage.play(5)


async def cut_from_coordinator(stage: Stage) -> None:
    """One worker reaches all but its group: it cannot learn that its partitions went elsewhere."""
    proxy = stage.cluster.lonely_proxies[await stage.cluster.coordinator()]
    proxy.cut()
    await stage.play(30)
    proxy.heal()
    await stage.play(5)


async def replace_sleeper(stage: Stage) -> None:
    """A worker sleeps and another process gets its number, as orchestrators do; then both are there."""
    number = stage.dice.choice([*stage.fleet])
    stage.fleet.signal(number, signal.SIGSTOP)
    sleeper = stage.fleet.replace(number)
    await stage.play(ZOMBIE)
    sleeper.send_signal(signal.SIGCONT)
    await stage.play(15)
    sleeper.kill()
    sleeper.wait()
    await stage.play(4)


async def hostile(stage: Stage) -> None:
    """100,000 records of any kind of wrongness, among complaints whose deadlines are watched."""
    await stage.flood("any", 100_000, 1_500)
    await stage.play(5)


async def hostile_and_kills(stage: Stage) -> None:
    """The same in short, and workers die on the way."""
    flooding = asyncio.create_task(stage.flood("any", 20_000, 700))
    while not flooding.done():
        await stage.play(5)
        await kill_worker(stage)
    await flooding


async def full_tickets(stage: Stage) -> None:
    """One partition gets the load of all the others twice over, on tickets that are full."""
    stage.loaded = LOADED
    await stage.flood("full", 60_000, 1_500)
    await stage.play(5)


async def mixed(stage: Stage) -> None:
    """Any of it, one after the other; workers die on the way as well."""
    what = stage.dice.choice(
        [
            kill_worker,
            kill_worker,
            zombie,
            kill_brokers,
            freeze_brokers,
            scale,
            full_stop,
            cut_network,
            cut_one_worker,
        ]
    )
    playing = asyncio.create_task(what(stage))
    if what in (kill_brokers, freeze_brokers, cut_network):
        while not playing.done():
            await stage.play(5)  # or they would hardly ever have started when the next is killed
            await kill_worker(stage)
    await playing


async def short(stage: Stage) -> None:
    """A killed worker, a zombie and a killed broker at once."""
    first, *_ = stage.cluster.nodes
    asleep = stage.dice.choice([*stage.fleet])
    await kill_worker(stage)
    stage.fleet.signal(asleep, signal.SIGSTOP)
    await kill_broker(stage, first.kill, first.start, 3)
    await stage.play(ZOMBIE - 6)
    stage.fleet.signal(asleep, signal.SIGCONT)
    await stage.play(2)


SCENARIOS: dict[str, tuple[float, Callable[[Stage], Awaitable[None]]]] = {  # how long it is repeated at least
    "calm": (20, calm),
    "kill -9 of workers": (60, kill_worker),
    "zombie": (45, zombie),
    "kill -9 of brokers": (60, kill_brokers),
    "frozen brokers": (60, freeze_brokers),
    "a broker hangs": (60, freeze),
    "a broker hangs, kill -9 of a worker": (60, freeze_and_kill),
    "a broker hangs, workers start": (60, freeze_and_start),
    "workers 3-1-3": (60, scale),
    "orderly leave": (60, leave),
    "full stop": (30, full_stop),
    "network cut": (60, cut_network),
    "one worker cut off": (30, cut_one_worker),
    "one worker cut off from its group": (60, cut_from_coordinator),
    "sleeper replaced": (45, replace_sleeper),
    "hostile records": (1, hostile),
    "hostile records, kill -9 of workers": (1, hostile_and_kills),
    "costly batches in one partition": (1, bombs),
    "unreadable state in one partition": (1, refused),
    "full tickets in one partition": (1, full_tickets),
    "wrong clock": (45, wrong_clock),
    "mixed": (600, mixed),
}
