"""One of three brokers hangs for a minute: it takes connections, and says nothing. Seconds everywhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from service.clock import now_ms

if TYPE_CHECKING:
    from tests.chaos.scenarios import Stage  # which lists what is here

HANGS = 60  # much longer than any limit of a client
MOVED = 5  # until others lead in its place: a broker's session with the controller lasts 3


async def freeze(stage: "Stage") -> None:
    """Nothing else is done."""
    async with _frozen(stage):
        await stage.play(HANGS)


async def freeze_and_kill(stage: "Stage") -> None:
    """A worker dies meanwhile: the others take its partitions."""
    async with _frozen(stage):
        await stage.play(MOVED)
        number = stage.dice.choice([*stage.fleet])
        stage.fleet.kill(number)
        await stage.play(HANGS - MOVED)
    stage.fleet.start(number)
    await stage.play(5)


async def freeze_and_start(stage: "Stage") -> None:
    """Each worker in turn dies meanwhile and is started again at once."""
    async with _frozen(stage):
        await stage.play(MOVED)
        everybody = [*stage.fleet]
        for number in everybody:
            stage.fleet.kill(number)
            stage.fleet.start(number)
            await stage.play((HANGS - MOVED) / len(everybody))


@asynccontextmanager
async def _frozen(stage: "Stage") -> AsyncIterator[None]:
    """The broker that coordinates the group hangs for the length of the block: nobody needs another more."""
    number = await stage.cluster.coordinator()
    node = stage.cluster.nodes[number]
    began = now_ms()
    node.freeze()
    moving = asyncio.create_task(stage.cluster.without(number, stage.prefix))
    moving.add_done_callback(lambda _: stage.moves.append((began, now_ms())))
    try:
        yield
        async with asyncio.timeout(1):  # long over, or Kafka did not do its part
            await moving
    finally:
        await asyncio.to_thread(node.thaw)
    await stage.whole()
    await stage.play(5)
