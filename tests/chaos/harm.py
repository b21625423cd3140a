"""What one party's records do to everybody else's deadlines. Seconds everywhere."""

import sys
from typing import TYPE_CHECKING

from schemas.topics import LIFECYCLE, TICKETS
from tests.broker.log import write
from tests.hostile.bombs import loaded

if TYPE_CHECKING:
    from tests.chaos.scenarios import Stage  # which lists what is here

PARTITIONS = 6
MANY = 60  # records of each kind
REFUSED = 20  # how long nobody mends a partition; it is tried again every minute at the latest
STATE = b"\x01"  # of no ticket


async def bombs(stage: "Stage") -> None:
    """Small batches that unpack to some 160 MB of what costs most, into one partition; a worker dies."""
    stage.loaded = loaded(PARTITIONS)
    stage.hostile = stage.guard.directory / stage.prefix / "bombs.jsonl"
    topic = LIFECYCLE.named(stage.prefix)
    command = [sys.executable, "-m", "tests.hostile.bombs", stage.cluster.direct, topic]
    process = stage.guard.start(
        [*command, str(stage.hostile), str(MANY)], log=stage.hostile.with_name("bombs.log")
    )
    while process.poll() is None:
        await stage.play(1)
    stage.guard.let_go(process)
    if process.returncode:
        raise AssertionError(stage.hostile.with_name("bombs.log").read_text()[-500:])
    number = stage.dice.choice([*stage.fleet])
    stage.fleet.kill(number)
    stage.fleet.start(number)
    await stage.play(30)


async def refused(stage: "Stage") -> None:
    """Somebody writes what is no state into one partition of the changelog, and mends it later."""
    stage.loaded = stage.dice.randrange(PARTITIONS)
    topic = TICKETS.named(stage.prefix)
    await write(stage.cluster.direct, topic, [(stage.loaded, b"\xff", STATE), (stage.loaded, b"T@x", STATE)])
    await stage.play(REFUSED)
    number = stage.dice.choice([*stage.fleet])
    stage.fleet.kill(number)
    stage.fleet.start(number)
    await stage.play(REFUSED)
    await write(stage.cluster.direct, topic, [(stage.loaded, b"\xff", None), (stage.loaded, b"T@x", None)])
    await stage.play(65)
