"""An idempotent producer without transactions."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer

from service.kafka.client.patches import patch_aiokafka
from service.kafka.client.patience import PATIENCE_SECONDS, patiently
from service.kafka.client.transactional_producer import discard


@asynccontextmanager
async def producing(options: Mapping[str, Any], *, linger: int = 0) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer for the length of a block. `linger`: ms to wait for more records.

    Raises RefusalError when Kafka does not answer.
    """
    patch_aiokafka()
    producer = AIOKafkaProducer(
        **options,
        enable_idempotence=True,
        acks="all",
        linger_ms=linger,
        request_timeout_ms=int(PATIENCE_SECONDS * 1000),
    )
    try:
        await patiently(options, producer.start)
        yield producer
    finally:
        try:
            await producer.stop()  # waits until the library has sent, or given up, all records
        except BaseException:  # a cancellation too
            await discard(producer)
            raise
