"""Everybody's deadline at one instant: how fast all breaches are committed, and who has to wait for them."""

import asyncio
import json
import uuid
from collections.abc import Iterator

from bench import contestants, workload
from bench.announced import breaches
from bench.cluster import Row, cluster, fill, topics
from bench.contestants import Contestant, service
from bench.options import Options
from bench.program import in_time, ready, running
from bench.punctuality import RESPONSE
from bench.result import Figure, ratio
from bench.tickets import placed, states
from schemas.instant import milliseconds, read
from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2

TICKETS = 1_000_000
OF_PEER = 300_000
PARTITIONS = 4
OTHERS = 100  # tickets that have nothing to do with it, due from half a second after the herd on
BETWEEN = 200  # ms between them
RESTORED_WITHIN = 120_000  # ms
TAKEN_IN_WITHIN = 60_000  # ms that the peer gets to read its tickets


async def measure(options: Options) -> list[Figure]:
    """The row `herd`. The peer gets fewer tickets: it has to read them as events."""
    figures: list[Figure] = []
    rates, waits, peers = [], [], []
    with cluster() as bootstrap:
        for _ in range(options.runs):
            rate, wait = await _herd(bootstrap, options)
            rates.append(rate)
            waits.append(wait)
            print(f"  service: {rate:,.0f}/s, an unrelated deadline waits {wait:.2f} s at most", flush=True)
            if options.peer:
                peers.append(await _of_peer(bootstrap, options))
                print(f"  Kafka Streams: {peers[-1]:,.0f}/s", flush=True)
    count = options.sized(TICKETS)
    herd = Figure(f"{count:,} breaches at one instant", "1/s", rates, "≥ 28000")
    figures.append(herd)
    figures.append(Figure("an unrelated deadline meanwhile, worst", "s", waits, "≤ 2"))
    if peers:
        figures.append(Figure(f"Kafka Streams, {options.sized(OF_PEER):,} breaches", "1/s", peers))
        figures.append(ratio("service / Kafka Streams", herd, figures[-1], "≥ 1"))
    return figures


async def _herd(bootstrap: str, options: Options) -> tuple[float, float]:
    """Breaches per second, and seconds that the worst unrelated deadline waited."""
    tickets, prefix = options.sized(TICKETS), f"{uuid.uuid4().hex[:6]}."
    async with topics(bootstrap, prefix, PARTITIONS):
        now = now_ms()
        due = now + max(60_000, int(RESTORED_WITHIN * options.scale)) + tickets // 10
        found = states(tickets, lambda _: due - RESPONSE, now)
        await fill(bootstrap, f"{prefix}sla.tickets", placed(found, PARTITIONS))
        others = states(OTHERS, lambda number: due - RESPONSE + 500 + number * BETWEEN, now, name="U")
        await fill(bootstrap, f"{prefix}sla.tickets", placed(others, PARTITIONS))
        contestant = service(bootstrap, prefix, SLA_GRACE="0s")
        async with running(contestant.command, contestant.env) as program:
            await ready(program, contestant.env["SLA_HTTP"])
            in_time(due)
            return await _watch(bootstrap, prefix, tickets, due)


async def _watch(bootstrap: str, prefix: str, tickets: int, due: int) -> tuple[float, float]:
    seen, others, wait, done_at = 0, 0, 0, due
    async with asyncio.timeout((due - now_ms()) / 1000 + 300):
        async for record, seen_at in breaches(bootstrap, prefix, PARTITIONS):
            if record.key.startswith(b"U-"):
                wait = max(wait, seen_at - milliseconds(read(json.loads(record.value)["due_at"])))
                others += 1
            else:
                seen, done_at = seen + 1, seen_at
            if seen == tickets and others == OTHERS:
                break
    return tickets / (done_at - due) * 1000, wait / 1000


async def _of_peer(bootstrap: str, options: Options) -> float:
    """Breaches per second of the peer: 300,000 tickets that are all due at one instant."""
    assert options.peer
    tickets, prefix = options.sized(OF_PEER), f"{uuid.uuid4().hex[:6]}."
    async with topics(bootstrap, prefix, PARTITIONS):
        due = now_ms() + max(20_000, int(TAKEN_IN_WITHIN * options.scale))
        rows: dict[int, list[Row]] = {number: [] for number in range(PARTITIONS)}
        for key, value in _receipts(tickets, due - RESPONSE):
            rows[murmur2(key, PARTITIONS)].append((key, value, workload.HEADERS_STRUCTURED))
        await fill(bootstrap, f"{prefix}complaints.lifecycle", rows)
        contestant: Contestant = contestants.streams(contestants.built(options.peer), bootstrap, prefix)
        async with running(contestant.command, contestant.env):
            seen = 0
            async for _, seen_at in breaches(bootstrap, prefix, PARTITIONS):
                seen += 1
                if seen == tickets:
                    return tickets / (seen_at - due) * 1000
    raise AssertionError


def _receipts(tickets: int, received_at: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(tickets):
        event = workload.Event(f"T-{number:08}", 0, received_at, f"C-{number % 50_000}", "phone")
        yield event.ticket.encode(), workload.structured(event)
