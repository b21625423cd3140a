"""The least that exactly once costs in Python: read, decode with pydantic, state and offset in a transaction.

No judging, no announcements. Its transactions are the service's own, so that the difference is ours alone.
Usage: python -m bench.bare BOOTSTRAP PREFIX GROUP batches|send

`send` gives each record to the producer, as the library's documentation does; `batches` packs them as we do.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.structs import RecordMetadata

from schemas.complaints import COMPLAINT_EVENT
from service.kafka.exactly_once.turn import TurnLimits

Sent = list["asyncio.Future[RecordMetadata]"]
Write = Callable[[AIOKafkaProducer, list[ConsumerRecord], TopicPartition], Awaitable[Sent]]


async def own(bootstrap: str, source: TopicPartition, changelog: str, group: str, write: Write) -> None:
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
        records = (await consumer.getmany(source, timeout_ms=1_000, max_records=TurnLimits().records)).get(
            source, []
        )
        if records:
            async with producer.transaction():
                target = TopicPartition(changelog, source.partition)
                await asyncio.gather(*await write(producer, records, target))
                await producer.send_offsets_to_transaction({source: records[-1].offset + 1}, group)


async def packed(producer: AIOKafkaProducer, records: list[ConsumerRecord], target: TopicPartition) -> Sent:
    """Decodes records and writes them in batches."""
    batch, sent = producer.create_batch(), []
    for record in records:
        COMPLAINT_EVENT.validate_json(record.value)
        if not batch.append(timestamp=None, key=record.key, value=record.value, headers=[]):
            sent.append(await producer.send_batch(batch, target.topic, partition=target.partition))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=record.key, value=record.value, headers=[])
    sent.append(await producer.send_batch(batch, target.topic, partition=target.partition))
    return sent


async def one_by_one(
    producer: AIOKafkaProducer, records: list[ConsumerRecord], target: TopicPartition
) -> Sent:
    """Decodes and sends each record."""
    sent = []
    for record in records:
        COMPLAINT_EVENT.validate_json(record.value)
        sent.append(
            await producer.send(target.topic, key=record.key, value=record.value, partition=target.partition)
        )
    return sent


async def main(bootstrap: str, prefix: str, group: str, how: str) -> None:
    """One loop for each partition of the input."""
    topic = f"{prefix}complaints.lifecycle"
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        partitions = await consumer._client._wait_on_metadata(topic)
    write = {"batches": packed, "send": one_by_one}[how]
    changelog = f"{prefix}sla.tickets"
    await asyncio.gather(
        *(own(bootstrap, TopicPartition(topic, number), changelog, group, write) for number in partitions)
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
