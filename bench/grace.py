"""What a grace costs and spares: three services read one stream, each with another SLA_GRACE.

How it works. Two sources send tickets at an even rate. Each ticket is answered between the moment it came and
twice its deadline, so half of the promises are broken. Each event reaches Kafka a known delay after its time:
those of the prompt source soon, those of the other as webhooks that are retried do. Once a service has taken
every event, its verdicts are final; what it counted is read from its /metrics.
"""

import asyncio
import json
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from aiokafka import AIOKafkaProducer

from bench.cluster import cluster, topics
from bench.contestants import Contestant, service
from bench.options import Options
from bench.program import ready, running
from bench.result import Figure
from bench.workload import HEADERS_STRUCTURED
from schemas.instant import written
from service.clock import now_ms

RATE = 20  # tickets per second of each source
SECONDS = 60
DEADLINE = 10_000  # ms
BEGIN_AFTER = 3_000  # ms
GRACES = ("100ms", "1s", "10s")
# Of each hundred events of a source, so many come so late (ms).
PROMPT, RETRIED = "/desk/prompt", "/desk/retried"
DELAYS = {PROMPT: ((100, 50),), RETRIED: ((90, 200), (8, 1_500), (2, 8_000))}
POLICY = """
policy: ten-seconds
version: 1
effective_from: 2020-01-01T00:00:00Z
title: {en: Answered within ten seconds}
match: {}
clocks: {response: {start: received, stop: [response_started], levels: [{level: minor, after: 10s}]}}
"""


class Sent(NamedTuple):
    """An event, and when it is sent (ms)."""

    at: int
    ticket: str
    event: bytes


def stream(tickets: int, begin: int) -> list[Sent]:
    """The events of so many tickets of each source, in the order in which they are sent."""
    return sorted(
        sent
        for source in DELAYS
        for number in range(tickets)
        for sent in _of_ticket(source, number, begin + number * 1_000 // RATE)
    )


def _of_ticket(source: str, number: int, came: int) -> Iterator[Sent]:
    ticket = f"{source.rpartition('/')[2]}-{number}"
    answered = came + number * 7_919 % (2 * DEADLINE)  # a prime: the answers are spread evenly
    received = {"customer_id": "C-1", "channel": "web"}
    for kind, time, data in (("received", came, received), ("response_started", answered, {})):
        event = {
            "specversion": "1.0",
            "id": f"{ticket}/{kind}",
            "source": source,
            "type": f"complaint.{kind}",
            "subject": ticket,
            "time": written(time),
            "data": data,
        }
        yield Sent(time + _delay(source, number), ticket, json.dumps(event).encode())


def _delay(source: str, number: int) -> int:
    place = number * 37 % 100  # 37 and 100 have no divisor in common: each of a hundred has another place
    for share, delay in DELAYS[source]:
        if place < share:
            return delay
        place -= share
    raise ValueError(f"the shares of {source} are no hundred")


async def measure(options: Options) -> list[Figure]:
    """The row `grace`."""
    tickets = RATE * max(10, options.sized(SECONDS))
    with cluster() as bootstrap, tempfile.TemporaryDirectory() as directory:
        policies = Path(directory)
        (policies / "ten-seconds.yaml").write_text(POLICY)
        async with AsyncExitStack() as stack:
            contestants = {}
            for grace in GRACES:
                prefix = f"{uuid.uuid4().hex[:6]}."
                await stack.enter_async_context(topics(bootstrap, prefix, 1, policies))
                settings = {"SLA_GRACE": grace, "SLA_POLICIES": directory}
                contestants[prefix] = service(bootstrap, prefix, **settings)
                started = contestants[prefix]
                program = await stack.enter_async_context(running(started.command, started.env))
                await ready(program, started.env["SLA_HTTP"])
            await _send(bootstrap, list(contestants), stream(tickets, now_ms() + BEGIN_AFTER))
            figures = []
            for started in contestants.values():
                figures += await _figures(started, tickets)
            return [*_delays(await _scraped(started)), *figures]


async def _send(bootstrap: str, prefixes: list[str], events: list[Sent]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for event in events:
            await asyncio.sleep((event.at - now_ms()) / 1_000)
            for prefix in prefixes:
                await producer.send(
                    f"{prefix}complaints.lifecycle",
                    event.event,
                    key=event.ticket.encode(),
                    headers=HEADERS_STRUCTURED,
                )


async def _scraped(of: Contestant) -> dict[str, float]:
    """Each series of a service, by name and labels as they are written."""
    url = f"http://{of.env['SLA_HTTP']}/metrics"
    text = (await asyncio.to_thread(lambda: urlopen(url).read())).decode()
    return {name: float(value) for name, value in re.findall(r"^(\w+\{.*\}) (\S+)$", text, re.MULTILINE)}


async def _figures(of: Contestant, tickets: int) -> list[Figure]:
    """Once it has taken both events of every ticket."""
    series = await _scraped(of)
    while series['sla_facts_total{outcome="new"}'] < 2 * len(DELAYS) * tickets:
        await asyncio.sleep(0.2)
        series = await _scraped(of)
    level = 'clock="response",level="minor"'
    announced = series[f"sla_breaches_total{{{level}}}"]
    taken_back = series[f'sla_retractions_total{{{level},reason="late_fact"}}']
    late = series[f"sla_lateness_seconds_sum{{{level}}}"] / series[f"sla_lateness_seconds_count{{{level}}}"]
    grace = of.env["SLA_GRACE"]
    return [
        Figure(f"grace {grace}: breaches announced", "", [announced]),
        Figure(f"grace {grace}: of these taken back", "", [taken_back]),
        Figure(f"grace {grace}: breaches that stand", "", [announced - taken_back]),
        Figure(f"grace {grace}: from due to announced, mean", "s", [late]),
    ]


def _delays(series: dict[str, float]) -> list[Figure]:
    return [
        Figure(
            f"{source}: within {bound} s",
            "%",
            [
                100
                * series[f'sla_fact_delay_seconds_bucket{{le="{bound}",source="{source}"}}']
                / series[f'sla_fact_delay_seconds_count{{source="{source}"}}']
            ],
        )
        for source in DELAYS
        for bound in (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
    ]
