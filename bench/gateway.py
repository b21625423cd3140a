"""Webhooks a second through the gateway, beside plain Starlette and aiokafka without verifying and mapping.

Sixteen connections send signed receipts of Zammad, each of a ticket of its own, one after the other. At last
one gateway takes many more, and its memory is looked at.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from bench.cluster import cluster, topics
from bench.options import Options
from bench.program import Running, ready, running
from bench.result import Figure, ratio
from schemas.topics import LIFECYCLE
from service.demo.broker_config import free_ports

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "tests" / "mapping" / "samples" / "zammad" / "deliveries.jsonl"
CONNECTIONS = 16
DELIVERIES = 16_000
WARM = 1_600
MANY = 200_000  # deliveries after which memory must be what it was after a tenth of them
PARTITIONS = 6
SECRET = b"made-up"
BAR = "≥ 0.7"
FLAT_MB = 3  # what memory may differ by, as the allocator keeps some
SOURCES = """\
sources:
  zammad:
    mapping: {mapping}
    signature: {{header: X-Hub-Signature, algorithm: sha1, encoding: hex, prefix: "sha1=", signed: [body]}}
    secrets: [secret]
"""


@dataclass(frozen=True)
class Load:
    """What one run gave. `waits`: seconds from each request to its answer."""

    rate: float
    waits: Sequence[float]
    cpu: float  # seconds of the program for a delivery


async def measure(options: Options) -> list[Figure]:
    """The row `gateway`."""
    requests = [request(number) for number in range(WARM + options.sized(DELIVERIES))]
    found: dict[str, list[Load]] = {"gateway": [], "plain": []}
    with cluster() as bootstrap:
        for name in list(found) * options.runs:
            found[name].append(await once(bootstrap, name, requests))
            last = found[name][-1]
            print(f"  {name}: {last.rate:,.0f} deliveries/s, {last.cpu * 1e6:.0f} µs of CPU each", flush=True)
        memory = await resident(bootstrap, requests, options.sized(MANY))
    rates = {name: Figure(name, "1/s", [one.rate for one in loads]) for name, loads in found.items()}
    costs = {
        name: Figure(f"{name}, CPU of a delivery", "µs", [one.cpu * 1e6 for one in loads])
        for name, loads in found.items()
    }
    figures = [
        *rates.values(),
        ratio("gateway / plain", rates["gateway"], rates["plain"], BAR),
        *costs.values(),
    ]
    for name, loads in found.items():
        cuts = [quantiles(one.waits, n=100) for one in loads]
        figures.append(Figure(f"{name}, answer, p50", "ms", [cut[49] * 1e3 for cut in cuts]))
        figures.append(Figure(f"{name}, answer, p99", "ms", [cut[98] * 1e3 for cut in cuts]))
    return [*figures, *memory]


def request(number: int) -> bytes:
    """One signed receipt as it is on the wire."""
    with SAMPLES.open(encoding="utf-8") as lines:
        sample = json.loads(lines.readline())
    sample["body"]["ticket"] |= {"id": number, "number": f"N-{number}"}
    body = json.dumps(sample["body"], ensure_ascii=False).encode()
    signature = hmac.new(SECRET, body, hashlib.sha1).hexdigest()
    headers = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Zammad-Trigger": sample["headers"]["x-zammad-trigger"],
        "X-Zammad-Delivery": f"d-{number}",
        "X-Hub-Signature": f"sha1={signature}",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /hooks/zammad HTTP/1.1\r\n{head}\r\n".encode() + body


async def once(bootstrap: str, name: str, requests: Sequence[bytes]) -> Load:
    """One run of one program."""
    async with started(bootstrap, name) as (program, port):
        await load(program, port, requests[:WARM])
        return await load(program, port, requests[WARM:])


async def resident(bootstrap: str, requests: Sequence[bytes], many: int) -> list[Figure]:
    """Memory of a gateway after a tenth of so many deliveries, and after all. Requests come many times."""
    found = []
    async with started(bootstrap, "gateway") as (program, port):
        for part in (many // 10, many - many // 10):
            await load(program, port, [requests[number % len(requests)] for number in range(part)])
            found.append(program.resident / 2**20)
    first, last = found
    return [
        Figure(f"gateway, memory after {many // 10:,} deliveries", "MB", [first]),
        Figure(f"gateway, memory after {many:,} deliveries", "MB", [last], f"≤ {first + FLAT_MB:.0f}"),
    ]


@asynccontextmanager
async def started(bootstrap: str, name: str) -> AsyncIterator[tuple[Running, int]]:
    """A program on topics of its own, and its port, once it is ready."""
    prefix, port = f"{uuid.uuid4().hex[:6]}.", free_ports(1)[0]
    address = f"127.0.0.1:{port}"
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sla-timer-")))
        await stack.enter_async_context(topics(bootstrap, prefix, PARTITIONS))
        (directory / "secret").write_bytes(SECRET)
        sources = directory / "gateway.yaml"
        sources.write_text(SOURCES.format(mapping=ROOT / "mappings" / "zammad.yaml"))
        topic = LIFECYCLE.named(prefix)
        command, env = {
            "gateway": (
                [sys.executable, "-m", "service", "gateway"],
                {
                    "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
                    "SLA_TOPIC_PREFIX": prefix,
                    "SLA_HTTP": address,
                    "SLA_GATEWAY": str(sources),
                },
            ),
            "plain": ([sys.executable, "-m", "bench.plain_gateway", bootstrap, topic, str(port)], {}),
        }[name]
        program = await stack.enter_async_context(running(command, env))
        await ready(program, address)
        yield program, port


async def load(program: Running, port: int, requests: Sequence[bytes]) -> Load:
    """Send all requests over so many connections, each after the answer to the one before."""
    waits: list[float] = []
    before, began = program.cpu, time.monotonic()
    await asyncio.gather(
        *(_connection(port, requests[first::CONNECTIONS], waits) for first in range(CONNECTIONS))
    )
    took = time.monotonic() - began
    return Load(len(requests) / took, waits, (program.cpu - before) / len(requests))


async def _connection(port: int, requests: Sequence[bytes], waits: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for one in requests:
        began = time.monotonic()
        writer.write(one)
        head = await reader.readuntil(b"\r\n\r\n")
        waits.append(time.monotonic() - began)
        assert head.startswith(b"HTTP/1.1 204"), head
    writer.close()
