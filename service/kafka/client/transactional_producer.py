"""A transactional producer that sends each transactional request once, and that can be discarded.

This file uses internals of one version of aiokafka. Before another version is pinned, read this file and run
its tests.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, NodeNotReadyError
from aiokafka.protocol.transaction import (
    AddOffsetsToTxnRequest,
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    TxnOffsetCommitRequest,
)

from service.kafka.client.patches import patch_aiokafka

log = logging.getLogger(__name__)

START_WITHIN_SECONDS = 15.0
DISCARD_WITHIN_SECONDS = 1.0  # for each of the two waits of `discard`
REQUEST_TIMEOUT_MS = 15_000  # longer than COMMIT_WITHIN_SECONDS, so that our own timeout comes first
# Ms. The broker rejects a new transaction, with various errors, while it writes the last commit's markers.
RETRY_AFTER_MS = 20
TRANSACTION_TIMEOUT_MS = 10_000  # then the broker aborts the open transaction of a dead process
BATCH_SIZE_BYTES = 900_000  # below the default max.message.bytes, which counts whole batches
STAMP_REFUSED = (
    "Kafka refuses the time stamps of this machine: its clock is further ahead than a topic's "
    "message.timestamp.after.max.ms allows, an hour by default; set the clock right"
)

_SENT_ONCE = (EndTxnRequest, TxnOffsetCommitRequest, AddOffsetsToTxnRequest, AddPartitionsToTxnRequest)

Send = Callable[..., Awaitable[Any]]


class FateUnknownError(Exception):
    """A transactional request was sent and not answered: it may take effect at any time, or never.

    Not a KafkaError on purpose: after a KafkaError the library sends the request again. A late duplicate of
    EndTxn would commit half of the next transaction.
    """


def sent_once(send: Send) -> Send:
    """Wrap `client.send`: a transactional request without an answer raises FateUnknownError."""

    async def send_once(node_id: int, request: Any, **options: Any) -> Any:
        try:
            return await send(node_id, request, **options)
        except NodeNotReadyError:  # raised before anything is sent
            raise
        except KafkaError as error:
            if isinstance(request, _SENT_ONCE):
                raise FateUnknownError(f"{type(request).__name__}: {error!r}") from error
            raise

    return send_once


async def open_producer(
    connection: Mapping[str, Any],
    transactional_id: str,
    batch_size: int = BATCH_SIZE_BYTES,
    lasts: int = TRANSACTION_TIMEOUT_MS,
) -> AIOKafkaProducer:
    """A started producer; its start fences earlier producers with its id and ends their transaction.

    `lasts`: ms that a transaction may last. Raises KafkaError, OSError or TimeoutError.
    """
    patch_aiokafka()
    producer = AIOKafkaProducer(
        **connection,
        transactional_id=transactional_id,
        transaction_timeout_ms=lasts,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=RETRY_AFTER_MS,
        max_batch_size=batch_size,
    )
    producer.client.send = sent_once(producer.client.send)
    _read_errors(producer._txn_manager, producer._message_accumulator)  # noqa: SLF001
    try:
        async with asyncio.timeout(START_WITHIN_SECONDS):
            await producer.start()
    except BaseException:  # a cancelled start leaves connections behind as well
        await discard(producer)
        raise
    return producer


async def discard(producer: AIOKafkaProducer) -> None:
    """Discard a producer in any state, in bounded time; the broker ends its transaction.

    `producer.stop()` waits for a flush that may never end, and leaves tasks that open connections for ever.
    """
    producer._closed = True  # noqa: SLF001 (else its finalizer warns)
    tasks = [task for task in asyncio.all_tasks() if _runs_in(task, producer._sender)]  # noqa: SLF001
    for task in tasks:
        task.cancel()
    if tasks:
        done, stuck = await asyncio.wait(tasks, timeout=DISCARD_WITHIN_SECONDS)
        for task in done:
            _read(task)
        if stuck:
            log.warning("%d tasks of a discarded producer did not end", len(stuck))
    with suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(DISCARD_WITHIN_SECONDS):
            await producer.client.close()


def _read_errors(manager: Any, batches: Any) -> None:
    """Retrieve the exceptions that the library sets on futures without a reader.

    It sets each further fatal error there, and on each batch that its sender has died.
    """
    tell, fail = manager.fatal_error, batches.fail_all

    def fatal_error(error: BaseException) -> None:
        tell(error)
        _read(manager.wait_for_transaction_end())

    def fail_all(error: BaseException) -> None:
        fail(error)
        for batch in itertools.chain(*batches._batches.values(), batches._pending_batches):  # noqa: SLF001
            _read(batch._drain_waiter)  # noqa: SLF001
            _read(batch.future)

    manager.fatal_error = fatal_error
    batches.fail_all = fail_all


def _read(future: "asyncio.Future[Any]") -> None:
    """Retrieve the exception; otherwise asyncio logs it as never retrieved."""
    _ = future.cancelled() or future.exception()


def _runs_in(task: "asyncio.Task[Any]", sender: object) -> bool:
    """True for the sender's routine and the requests it started; only their frames refer to the sender."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    return frame is not None and frame.f_locals.get("self") is sender
