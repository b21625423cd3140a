"""Small batches that unpack to hundreds of MB of what costs most; a file says where each record lies.

Run as a program: BOOTSTRAP TOPIC FILE MANY, the records of each kind. All go to the partition of one ticket.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiokafka import AIOKafkaProducer

from service.kafka.codec.partitioner import murmur2
from tests.hostile.costly import Kind

TICKET = "T-1"  # of every record that is accepted, see tests.hostile.costly
KINDS = (
    Kind("content-type", "as it is", ";"),
    Kind("null tenant, unknown field", "array", "[],"),
    Kind("null tenant, unknown field", "array", "1.7976931348623157e308,"),
    Kind("unknown field", "as it is", '{""'),
    Kind("data", "as it is", '{{""{'),
    Kind("many headers of one name", "as it is", ";"),
    Kind("many nameless headers", "as it is", "a"),
    Kind("header", "as it is", "a" * 4),
    Kind("key", "as it is", "k"),
    Kind("value", "as it is", "["),
)
LARGE = 1_000_000  # bytes of a header of one kind more


async def send(bootstrap: str, topic: str, file: Path, many: int) -> None:
    """A batch of each kind, one after the other."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        compression_type="zstd",
        max_batch_size=2**31 - 1,
        max_request_size=2**31 - 1,
    )
    made = [kind.made() for kind in KINDS]
    made.append((b"T-1", b"{}", [("x", b"a" * LARGE)]))
    async with producer:
        partition = murmur2(TICKET.encode(), len(await producer.partitions_for(topic)))
        with file.open("w", encoding="utf-8") as lines:
            for key, value, headers in made:
                batch = producer.create_batch()
                for _ in range(many):
                    assert batch.append(timestamp=None, key=key, value=value, headers=headers)
                landed = await (await producer.send_batch(batch, topic, partition=partition))
                for offset in range(landed.offset, landed.offset + many):
                    lines.write(json.dumps([partition, offset, None, TICKET]) + "\n")


def loaded(partitions: int) -> int:
    """The partition that they go to."""
    return murmur2(TICKET.encode(), partitions)


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
