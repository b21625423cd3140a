"""Scaling in so that nobody waits for the end of a session: by the command, then by the setting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.broker.service import environment, sla_timer

if TYPE_CHECKING:  # it is registered there
    from tests.chaos.scenarios import Stage

SHARED = 6  # seconds for the others to take over, or for one more to take its part, and to be seen


async def leave(stage: Stage) -> None:
    """From all workers to one and back, twice: those that end are taken out of the group, or leave it."""
    others = [*stage.fleet][1:]
    for number in others:
        await stage.fleet.stop(number)
    await _take_out(stage, others)
    await stage.play(SHARED)
    for number in others:
        stage.fleet.start(number, SLA_ON_STOP="leave")
        await stage.play(SHARED)
    for number in others:
        await stage.fleet.stop(number)
    await stage.play(SHARED)
    for number in others:
        stage.fleet.start(number)
        await stage.play(SHARED)


async def _take_out(stage: Stage, numbers: list[int]) -> None:
    names = [f"worker-{number}" for number in numbers]
    env = environment(stage.cluster.direct, stage.prefix)
    ended = await asyncio.to_thread(sla_timer, "leave", *names, env=env)
    assert ended.returncode == 0, ended.stderr
