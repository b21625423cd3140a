"""A consumer can be stopped while a fetch that failed waits to be tried again, and ends without a word."""

import asyncio
import gc

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import GroupAuthorizationFailedError
from aiokafka.protocol.fetch import FetchRequest

from service.kafka.client.patches import patch_aiokafka

NO_BROKER = 1  # the client knows of none
A_DAY = 24 * 3_600_000  # ms
NOTHING = FetchRequest(0, 0, 0, 0, [])


async def test_a_consumer_stops_while_a_failed_fetch_waits() -> None:
    patch_aiokafka()
    consumer = AIOKafkaConsumer()
    fetcher = Fetcher(consumer._client, SubscriptionState(), retry_backoff_ms=A_DAY)
    consumer._fetcher = fetcher
    await asyncio.sleep(0)  # it waits for partitions
    fetch = asyncio.create_task(fetcher._proc_fetch_request(None, NO_BROKER, NOTHING))
    fetcher._pending_tasks.add(fetch)
    await asyncio.wait({fetch}, timeout=0.1)
    assert not fetch.done(), fetch.result()  # it failed, and waits

    async with asyncio.timeout(5):
        await consumer.stop()

    assert fetch.done()
    assert fetcher._fetch_task.done()
    assert not fetcher._pending_tasks


async def test_an_error_that_nobody_waits_for_any_more_is_not_logged() -> None:
    patch_aiokafka()
    unheard: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    subscription = SubscriptionState()
    fetches = {asyncio.get_running_loop().create_future()}
    subscription.register_fetch_waiters(fetches)
    subscription.wait_for_assignment()
    heard = subscription.wait_for_assignment()

    subscription.abort_waiters(GroupAuthorizationFailedError("a group"))

    fetches.clear()
    subscription._assignment_waiters.clear()
    gc.collect()
    assert unheard == []
    with pytest.raises(GroupAuthorizationFailedError):
        await heard
