"""How long the loop is held by judging, however many partitions are busy at once."""

import asyncio
from collections import Counter

from service.kafka.exactly_once.loop_budget import HELD_FOR_SECONDS, LoopBudget

BUSY, PIECES = 12, 5


def hold() -> None:
    """One piece of work that nothing can interrupt, a little longer than all may take together."""
    loop = asyncio.get_running_loop()
    until = loop.time() + 1.1 * HELD_FOR_SECONDS
    while loop.time() < until:
        pass


async def test_of_many_that_are_busy_one_goes_on_in_each_round_of_the_loop() -> None:
    share, rounds, pieces = LoopBudget(), 0, Counter[int]()

    async def count() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    async def work() -> None:
        await share.wait()
        for _ in range(PIECES):
            hold()
            pieces[rounds] += 1
            if share.is_used:
                await share.wait()

    counting = asyncio.create_task(count())
    await asyncio.gather(*(work() for _ in range(BUSY)))
    counting.cancel()
    assert pieces.total() == BUSY * PIECES
    assert max(pieces.values()) == 1


async def test_those_that_have_little_to_do_need_no_turn_of_their_own() -> None:
    share = LoopBudget()
    assert share.is_used
    await share.wait()
    assert not share.is_used
    hold()
    assert share.is_used


async def test_whoever_waits_longest_is_next() -> None:
    share, went = LoopBudget(), list[int]()

    async def work(number: int) -> None:
        for _ in range(3):
            await share.wait()
            went.append(number)
            hold()

    await asyncio.gather(*(work(number) for number in range(4)))
    assert went == [0, 1, 2, 3] * 3


async def test_one_that_is_cancelled_while_it_waits_keeps_nobody_waiting() -> None:
    share = LoopBudget()
    waiting = [asyncio.create_task(share.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    async with asyncio.timeout(5):
        await waiting[2]
