"""One small batch after the other of what costs most: the other partition's deadlines are told meanwhile."""

import asyncio
import re
from pathlib import Path

import httpx
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2
from tests.broker.live import WITHIN, event, publish, set_up, told
from tests.broker.service import running, until
from tests.hostile.bombs import TICKET, loaded, send
from tests.hostile.outcome import outcome, written

PARTITIONS, MANY = 2, 40
MEMORY = 400_000_000  # bytes
HELD = 5.0  # seconds: on whatever machine far less than one such batch once took


def stalls(client: httpx.Client, above: float) -> float:
    """How often the loop was held for longer."""
    said = client.get("/metrics").text
    counts = dict(re.findall(r'^sla_loop_stall_seconds_bucket\{le="([^"]+)"\} (\S+)$', said, re.MULTILINE))
    return float(counts["+Inf"]) - float(counts[f"{above}"])


def memory(pid: int) -> int:
    """The most bytes that a process held."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return 1024 * int(found[1])


async def committed(bootstrap: str, group: str, source: TopicPartition) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return (await admin.list_consumer_group_offsets(group, partitions=[source]))[source].offset
    finally:
        await admin.close()


def test_costly_batches_hold_up_nobody_and_end_where_they_belong(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env, file = set_up(bootstrap, prefix, tmp_path, partitions=PARTITIONS), tmp_path / "bombs.jsonl"
    topic, bombed = f"{prefix}complaints.lifecycle", loaded(PARTITIONS)
    names = (f"Q-{number}" for number in range(1_000))
    quiet = [name for name in names if murmur2(name.encode(), PARTITIONS) != bombed][:20]
    asyncio.run(send(bootstrap, topic, file, MANY))
    end = len(written(file))
    with running(env) as (process, client):
        for ticket in quiet:  # judged while the other partition unpacks
            asyncio.run(
                publish(bootstrap, prefix, PARTITIONS, [(ticket, event(ticket, "received", now_ms() - 950))])
            )
            assert client.get("/livez").status_code == 200
        asyncio.run(told(bootstrap, prefix, at_least=len(quiet)))
        source, by = TopicPartition(topic, bombed), now_ms() + 3_000 * WITHIN
        while asyncio.run(committed(bootstrap, f"{prefix}group", source)) < end:
            assert now_ms() < by
            assert client.get("/livez").status_code == 200
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        assert stalls(client, HELD) == 0
        assert memory(process.pid) < MEMORY
    found = asyncio.run(outcome(bootstrap, prefix, written(file)))
    assert (found.records, found.lost, found.twice) == (end, 0, 0), found
    assert TICKET == "T-1"
