"""Writes hostile records to the input, and a file that says where each lies and what has to become of it.

Run as a program: BOOTSTRAP TOPIC FILE KIND MANY RATE.
"""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2
from tests.hostile.records import KINDS, Hostile

TICK = 0.05  # seconds
AT_ONCE = 500  # records
BATCH = 900_000  # bytes


async def flood(bootstrap: str, topic: str, file: Path, records: Iterable[Hostile], rate: float) -> None:
    """`rate` in records a second; the file gets [partition, offset, good, ticket] a line."""
    loop = asyncio.get_running_loop()
    left, began, sent = iter(records), loop.time(), 0
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=BATCH
    )
    async with producer:
        partitions = len(await producer.partitions_for(topic))
        with file.open("w", encoding="utf-8") as lines:
            while chunk := list(islice(left, min(AT_ONCE, max(1, round(rate * TICK))))):
                packed = list(_packed(producer, chunk, partitions))
                sending = [
                    await producer.send_batch(batch, topic, partition=number) for number, batch, _ in packed
                ]
                for (partition, _, within), landed in zip(packed, sending, strict=True):
                    for offset, record in enumerate(within, (await landed).offset):
                        ticket = record.key.decode() if record.good and record.key else None
                        lines.write(json.dumps([partition, offset, record.good, ticket]) + "\n")
                sent += len(chunk)
                while (early := began + sent / rate - loop.time()) > 0:
                    await asyncio.wait([asyncio.current_task()], timeout=early)  # type: ignore[list-item]


def _packed(
    producer: AIOKafkaProducer, records: Sequence[Hostile], partitions: int
) -> Iterator[tuple[int, BatchBuilder, list[Hostile]]]:
    """Whole batches: a producer takes no record that has neither key nor value, a batch does."""
    open_: dict[int, tuple[BatchBuilder, list[Hostile]]] = {}
    for record in records:
        partition = (murmur2(record.key or b"", partitions) + record.astray) % partitions
        batch, within = open_.setdefault(partition, (producer.create_batch(), []))
        parts = {"key": record.key, "value": record.value, "headers": list(record.headers)}
        if batch.append(timestamp=None, **parts) is None:
            yield partition, batch, within
            batch, within = open_[partition] = producer.create_batch(), []
            batch.append(timestamp=None, **parts)
        within.append(record)
    for partition, (batch, within) in open_.items():
        yield partition, batch, within


if __name__ == "__main__":
    bootstrap, topic, file, kind, many, rate = sys.argv[1:]
    records = KINDS[kind](int(many), now_ms(), 1)
    asyncio.run(flood(bootstrap, topic, Path(file), records, float(rate)))
