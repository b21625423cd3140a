"""The same question to several: the first answer counts, and nobody waits for one that is silent."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError

from service.kafka.client.race import NEXT_AFTER_SECONDS, first

asked: list[str] = []

Question = Callable[[], Awaitable[str]]


@pytest.fixture(autouse=True)
def _nobody_was_asked() -> None:
    asked.clear()


def says(name: str) -> Question:
    async def ask() -> str:
        asked.append(name)
        return name

    return ask


def fails(name: str, error: BaseException) -> Question:
    async def ask() -> str:
        asked.append(name)
        raise error

    return ask


def silent(name: str) -> Question:
    async def ask() -> str:
        asked.append(name)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            asked.append(f"{name} was left")
            raise
        return name

    return ask


async def test_one_that_answers_is_asked_alone() -> None:
    assert await first([says("a"), says("b")]) == "a"
    assert asked == ["a"]


async def test_the_next_is_asked_at_once_when_one_fails() -> None:
    began = asyncio.get_running_loop().time()
    assert await first([fails("a", KafkaConnectionError()), fails("b", OSError()), says("c")]) == "c"
    assert asyncio.get_running_loop().time() - began < NEXT_AFTER_SECONDS


async def test_the_next_is_asked_as_well_when_one_is_silent() -> None:
    assert await first([silent("a"), silent("b"), says("c")]) == "c"
    await asyncio.sleep(0)
    assert asked[:3] == ["a", "b", "c"]
    assert set(asked[3:]) == {"a was left", "b was left"}


async def test_who_was_silent_may_still_be_the_first() -> None:
    go = asyncio.Event()

    async def late() -> str:
        await go.wait()
        return "late"

    async def releasing() -> str:
        go.set()
        return await silent("b")()

    assert await first([late, releasing]) == "late"


async def test_the_last_failure_is_told_when_all_fail() -> None:
    with pytest.raises(KafkaConnectionError, match="the last"):
        await first([fails("a", OSError("the first")), fails("b", KafkaConnectionError("the last"))])


async def test_what_is_no_failure_of_kafka_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        await first([fails("a", ZeroDivisionError()), says("b")])
    assert asked == ["a"]


async def test_without_anybody_to_ask_it_fails() -> None:
    with pytest.raises(NodeNotReadyError):
        await first([])


async def test_nobody_goes_on_when_who_asks_is_cancelled() -> None:
    both = asyncio.Event()

    async def last() -> str:
        both.set()
        return await silent("b")()

    asking = asyncio.create_task(first([silent("a"), last]))
    await both.wait()
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    await asyncio.sleep(0)
    assert set(asked) == {"a", "b", "a was left", "b was left"}


async def test_who_fails_in_the_moment_of_the_first_answer_is_not_logged() -> None:
    unheard: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    over = asyncio.Event()

    async def fails_then() -> str:
        await over.wait()
        raise NodeNotReadyError

    async def answers() -> str:
        over.set()
        return "a"

    assert await first([*[fails_then] * 5, answers]) == "a"
    gc.collect()
    assert unheard == []
