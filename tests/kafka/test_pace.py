"""When records are read after a small turn."""

import asyncio

import pytest

from service.kafka.exactly_once.pace import Pace

BEAT = 1e6  # seconds: no test waits for it


async def test_the_next_poll_waits_for_the_next_beat_the_same_for_all() -> None:
    pace, now = Pace(BEAT), asyncio.get_running_loop().time()
    last = now // BEAT * BEAT
    assert pace.left(now) == pytest.approx(last + BEAT - now, abs=60)
    assert pace.left(last) == pytest.approx(pace.left(now), abs=60)
    assert pace.left(last - 1) == 0
    assert pace.left(float("-inf")) == 0


async def test_without_a_pace_nobody_waits() -> None:
    assert Pace(0).left(asyncio.get_running_loop().time()) == 0


async def test_whoever_hurries_lets_everybody_read_on_and_the_next_turn_waits_again() -> None:
    pace, ended = Pace(BEAT), asyncio.get_running_loop().time()
    waiting = [pace.hurried, pace.hurried]
    pace.hurry()
    assert all(one.done() for one in waiting)
    assert pace.left(ended) == 0
    assert not pace.hurried.done()
    assert pace.left(asyncio.get_running_loop().time() + 1) > 0
