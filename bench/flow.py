"""Events at an even rate until killed: python -m bench.flow BOOTSTRAP PREFIX RATE."""

import asyncio
import sys
from itertools import islice

from aiokafka import AIOKafkaProducer

from bench import workload
from service.kafka.partitioner import murmur2
from service.now import now_ms

TURN = 0.05  # seconds
PARTITIONS = 4


async def main(bootstrap: str, prefix: str, rate: int) -> None:
    """Sends `rate` events per second, a batch for each partition in every turn."""
    loop = asyncio.get_running_loop()
    events = workload.events(1_000_000_000, begin=now_ms())
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        turn, began = 0, loop.time()
        while True:
            batches = [producer.create_batch() for _ in range(PARTITIONS)]
            for event in islice(events, int(rate * TURN)):
                key = event.ticket.encode()
                batches[murmur2(key, PARTITIONS)].append(
                    timestamp=None,
                    key=key,
                    value=workload.structured(event),
                    headers=workload.HEADERS_STRUCTURED,
                )
            for number, batch in enumerate(batches):
                await producer.send_batch(batch, f"{prefix}complaints.lifecycle", partition=number)
            turn += 1
            await asyncio.sleep(began + turn * TURN - loop.time())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
