"""Three brokers; workers reach them through proxies, the generator and the reader directly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient

from service.demo import jars, kraft
from service.demo.leash import Leash
from service.demo.maven_broker import QUICK, Node, _node
from tests.chaos.proxy import Proxy

BROKERS = 3


@dataclass(frozen=True)
class Cluster:
    """Addresses as host:port,host:port. Brokers and proxies in the same order."""

    direct: str
    proxied: str
    nodes: tuple[Node, ...]
    proxies: tuple[Proxy, ...]

    async def whole(self, prefix: str) -> None:
        """Returns once every partition of the topics with `prefix` is in sync on all brokers."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.direct)
        await admin.start()
        try:
            names = [name for name in await admin.list_topics() if name.startswith((prefix, "__"))]
            while not all(
                len(partition["isr"]) == BROKERS
                for topic in await admin.describe_topics(names)
                for partition in topic["partitions"]
            ):
                pass
        finally:
            await admin.close()


@asynccontextmanager
async def cluster(leash: Leash) -> AsyncIterator[Cluster]:
    """Running for the length of the block."""
    free = kraft.free_ports(4 * BROKERS)
    client, controller, behind, proxied = (free[n * BROKERS : (n + 1) * BROKERS] for n in range(4))
    ports = list(zip(client, controller, strict=True))
    kafka = await asyncio.to_thread(jars.kafka)
    nodes = tuple(
        _node(n + 1, ports, kafka, leash, _listeners(*ports[n], behind[n], proxied[n]), QUICK)
        for n in range(BROKERS)
    )
    for node in nodes:
        node.launch()
    try:
        for node in nodes:
            await asyncio.to_thread(node.wait)
        async with AsyncExitStack() as stack:
            proxies = [await stack.enter_async_context(Proxy(proxied[n], behind[n])) for n in range(BROKERS)]
            yield Cluster(_addresses(client), _addresses(proxied), nodes, tuple(proxies))
    finally:
        for node in nodes:
            node.kill()


def _addresses(ports: list[int]) -> str:
    return ",".join(f"127.0.0.1:{port}" for port in ports)


def _listeners(client: int, controller: int, behind: int, proxied: int) -> dict[str, str]:
    """A second listener whose advertised port is the proxy's."""
    local = "://127.0.0.1:"
    return {
        "listeners": f"PLAINTEXT{local}{client},WORKERS{local}{behind},CONTROLLER{local}{controller}",
        "advertised.listeners": f"PLAINTEXT{local}{client},WORKERS{local}{proxied}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,WORKERS:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }
