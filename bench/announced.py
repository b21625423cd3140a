"""What a read-committed consumer of the breaches sees, and when."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from service.clock import now_ms
from service.kafka.topics.progress import is_progress


async def breaches(bootstrap: str, prefix: str, partitions: int) -> AsyncIterator[tuple[ConsumerRecord, int]]:
    """Each record, and the instant (ms) at which it was seen; without end."""
    topic = f"{prefix}sla.breaches"
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer:
        consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        while True:
            found = await consumer.getmany(timeout_ms=200)
            seen_at = now_ms()
            for records in found.values():
                for record in records:
                    if not is_progress(record):
                        yield record, seen_at
