"""When records are read after a small turn."""

import asyncio

from service.kafka.pace import Pace

PACE = 3_600.0  # seconds: no test waits for it


async def test_the_next_poll_waits_until_the_pace_has_passed_since_the_last_turn() -> None:
    pace, now = Pace(PACE), asyncio.get_running_loop().time()
    assert 0 < PACE - pace.left(now) < 60
    assert pace.left(now - PACE + 60) > 0
    assert pace.left(now - PACE) == 0
    assert pace.left(float("-inf")) == 0


async def test_whoever_hurries_lets_everybody_read_on_and_the_next_turn_waits_again() -> None:
    pace, ended = Pace(PACE), asyncio.get_running_loop().time()
    waiting = [pace.hurried, pace.hurried]
    pace.hurry()
    assert all(one.done() for one in waiting)
    assert pace.left(ended) == 0
    assert not pace.hurried.done()
    assert pace.left(asyncio.get_running_loop().time() + 1) > 0
