"""What is done to the wall clocks of workers. Seconds everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.broker.wrong_clock import set_ahead

if TYPE_CHECKING:
    from tests.chaos.scenarios import Stage

HOUR = 3_600


async def wrong_clock(stage: Stage) -> None:
    """One worker begins with a clock an hour ahead; then somebody sets it, right and wrong, while it runs."""
    number = stage.dice.choice([*stage.fleet])
    clock = stage.guard.directory / stage.prefix / "clock"
    set_ahead(clock, HOUR)
    stage.fleet.modules[number] = ("tests.broker.wrong_clock", str(clock))
    stage.fleet.kill(number)
    stage.fleet.start(number)
    for seconds, ahead in ((15, 0), (5, 2 * HOUR), (10, 0), (5, -HOUR), (10, 0)):
        await stage.play(seconds)
        set_ahead(clock, ahead)
    await stage.play(5)
    del stage.fleet.modules[number]
