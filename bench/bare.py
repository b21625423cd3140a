"""The least that exactly once costs in Python: read, decode with pydantic, state and offset in a transaction.

No judging, no announcements. Its transactions are the service's own, so that the difference is ours alone.
Usage: python -m bench.bare BOOTSTRAP PREFIX GROUP
"""

import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from schemas.complaints import COMPLAINT_EVENT
from service.kafka.turn import AT_ONCE, STEPS


async def own(bootstrap: str, source: TopicPartition, changelog: str, group: str) -> None:
    """The loop of one partition."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, transactional_id=f"{group}-{source.partition}", max_batch_size=900_000
    )
    await producer.start()
    await consumer.start()
    consumer.assign([source])
    while True:
        records = (await consumer.getmany(source, timeout_ms=1_000, max_records=AT_ONCE * STEPS)).get(
            source, []
        )
        if records:
            await commit(producer, records, source, changelog, group)


async def commit(
    producer: AIOKafkaProducer,
    records: list[ConsumerRecord],
    source: TopicPartition,
    changelog: str,
    group: str,
) -> None:
    """Decodes and writes one batch of records."""
    async with producer.transaction():
        batch, sent = producer.create_batch(), []
        for record in records:
            COMPLAINT_EVENT.validate_json(record.value)
            if not batch.append(timestamp=None, key=record.key, value=record.value, headers=[]):
                sent.append(await producer.send_batch(batch, changelog, partition=source.partition))
                batch = producer.create_batch()
                batch.append(timestamp=None, key=record.key, value=record.value, headers=[])
        sent.append(await producer.send_batch(batch, changelog, partition=source.partition))
        await asyncio.gather(*sent)
        await producer.send_offsets_to_transaction({source: records[-1].offset + 1}, group)


async def main(bootstrap: str, prefix: str, group: str) -> None:
    """One loop for each partition of the input."""
    topic = f"{prefix}complaints.lifecycle"
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        partitions = await consumer._client._wait_on_metadata(topic)
    loops = [own(bootstrap, TopicPartition(topic, n), f"{prefix}sla.tickets", group) for n in partitions]
    await asyncio.gather(*loops)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
