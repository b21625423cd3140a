"""Sends the same request to several brokers in turn, and takes the first answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from aiokafka.errors import KafkaError, NodeNotReadyError
from aiokafka.protocol.admin import DescribeConfigsRequest, DescribeGroupsRequest
from aiokafka.protocol.commit import OffsetFetchRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.offset import OffsetRequest

NEXT_AFTER_SECONDS = 0.5  # of silence before the next broker is asked as well

# Requests that change nothing and are answered at once: safe to repeat, also to another broker.
QUESTIONS = (
    MetadataRequest,
    FindCoordinatorRequest,
    OffsetRequest,
    OffsetFetchRequest,
    HeartbeatRequest,
    DescribeConfigsRequest,
    DescribeGroupsRequest,
)

T = TypeVar("T")


async def first(questions: Iterable[Callable[[], Awaitable[T]]]) -> T:
    """The first answer to `questions`. Each is asked once the one before it has failed or is silent.

    Raises the last failure (KafkaError or OSError) when all have failed, NodeNotReadyError without questions.
    """
    waiting = iter(questions)
    asking: set[asyncio.Task[T]] = set()
    failure: BaseException | None = NodeNotReadyError("there is no broker to ask")
    try:
        while True:
            if another := next(waiting, None):
                asking.add(task := asyncio.create_task(_asked(another)))
                task.add_done_callback(_read)
            elif not asking:
                assert failure is not None
                raise failure
            done, asking = await asyncio.wait(
                asking, timeout=NEXT_AFTER_SECONDS if another else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                failure = task.exception()
                if failure is None:
                    return task.result()
                if not isinstance(failure, (KafkaError, OSError)):
                    raise failure
    finally:
        for task in asking:
            task.cancel()


async def _asked(question: Callable[[], Awaitable[T]]) -> T:
    return await question()


def _read(task: "asyncio.Task[T]") -> None:
    """Retrieve the exception; otherwise asyncio logs it as never retrieved."""
    _ = task.cancelled() or task.exception()
