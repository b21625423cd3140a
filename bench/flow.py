"""Events at an even rate until killed: python -m bench.flow BOOTSTRAP PREFIX RATE [PARTITIONS]."""

import asyncio
import sys
from itertools import islice

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from bench import workload
from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2

TURN = 0.05  # seconds


async def main(bootstrap: str, prefix: str, rate: int, partitions: int = 4) -> None:
    """Sends `rate` events per second, a batch for each partition that has any in a turn. They happen now."""
    loop = asyncio.get_running_loop()
    events = workload.events(1_000_000_000, begin=now_ms())
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        turn, sent, began = 0, 0, loop.time()
        while True:
            turn += 1
            batches: dict[int, BatchBuilder] = {}
            for event in islice(events, int(turn * rate * TURN) - sent):
                sent += 1
                key = event.ticket.encode()
                batch = batches.setdefault(murmur2(key, partitions), producer.create_batch())
                batch.append(
                    timestamp=None,
                    key=key,
                    value=workload.structured(event),
                    headers=workload.HEADERS_STRUCTURED,
                )
            for number, batch in batches.items():
                await producer.send_batch(batch, f"{prefix}complaints.lifecycle", partition=number)
            await asyncio.sleep(began + turn * TURN - loop.time())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
