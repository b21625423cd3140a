"""Three brokers; workers reach them through proxies, one of them through its own, all others directly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service.demo import broker_config as kraft
from service.demo import jars
from service.demo.maven_broker import QUICK, Node, _node
from service.demo.process_guard import ProcessGuard
from tests.chaos.proxy import Proxy

BROKERS = 3
LOOK = 0.05  # seconds between questions


@dataclass(frozen=True)
class Cluster:
    """Addresses as host:port,host:port. Brokers and proxies in the same order."""

    direct: str
    proxied: str
    lonely: str  # for one worker
    nodes: tuple[Node, ...]
    proxies: tuple[Proxy, ...]
    lonely_proxies: tuple[Proxy, ...]

    async def whole(self, prefix: str) -> None:
        """Returns once every partition of the topics with `prefix` is in sync on all brokers."""
        async with self._admin() as admin:
            names = [name for name in await admin.list_topics() if name.startswith((prefix, "__"))]
            while not all(
                len(partition["isr"]) == BROKERS
                for topic in await admin.describe_topics(names)
                for partition in topic["partitions"]
            ):
                pass

    async def without(self, number: int, prefix: str) -> None:
        """Returns once Kafka waits for the broker at that index in no partition of the topics with `prefix`.

        It leads none of them, and no write has to reach it.
        """
        hangs, living = number + 1, self.direct.split(",")
        del living[number]
        while True:
            with suppress(KafkaError, OSError):  # the client asks any broker it knows of
                async with self._admin(",".join(living)) as admin:
                    names = [name for name in await admin.list_topics() if name.startswith((prefix, "__"))]
                    if not any(
                        hangs == partition["leader"] or hangs in partition["isr"]
                        for topic in await admin.describe_topics(names)
                        for partition in topic["partitions"]
                    ):
                        return
            await asyncio.wait([asyncio.current_task()], timeout=LOOK)  # type: ignore[list-item]

    async def coordinator(self) -> int:
        """The index of the broker that coordinates all groups."""
        async with self._admin() as admin:
            (topic,) = await admin.describe_topics(["__consumer_offsets"])
            return int(topic["partitions"][0]["leader"]) - 1

    @asynccontextmanager
    async def _admin(self, bootstrap: str = "") -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap or self.direct)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


@asynccontextmanager
async def cluster(guard: ProcessGuard) -> AsyncIterator[Cluster]:
    """Running for the length of the block."""
    free = kraft.free_ports(6 * BROKERS)
    client, controller, *doors = (free[n * BROKERS : (n + 1) * BROKERS] for n in range(6))
    behind, proxied, behind_lonely, lonely = doors
    ports = list(zip(client, controller, strict=True))
    kafka = await asyncio.to_thread(jars.kafka)
    nodes = tuple(
        _node(n + 1, ports, kafka, guard, _listeners(*ports[n], *(door[n] for door in doors)), QUICK)
        for n in range(BROKERS)
    )
    for node in nodes:
        node.launch()
    try:
        for node in nodes:
            await asyncio.to_thread(node.wait)
        async with AsyncExitStack() as stack:
            proxies, lonely_proxies = [
                tuple([await stack.enter_async_context(Proxy(*ends)) for ends in zip(*sides, strict=True)])
                for sides in ((proxied, behind), (lonely, behind_lonely))
            ]
            addresses = _addresses(client), _addresses(proxied), _addresses(lonely)
            yield Cluster(*addresses, nodes, proxies, lonely_proxies)
    finally:
        for node in nodes:
            node.kill()


def _addresses(ports: list[int]) -> str:
    return ",".join(f"127.0.0.1:{port}" for port in ports)


def _listeners(
    client: int, controller: int, behind: int, proxied: int, behind_lonely: int, lonely: int
) -> dict[str, str]:
    """Two more listeners, whose advertised ports are those of proxies."""
    local = "://127.0.0.1:"
    names = ("PLAINTEXT", "WORKERS", "LONELY")
    here = zip((*names, "CONTROLLER"), (client, behind, behind_lonely, controller), strict=True)
    told = zip(names, (client, proxied, lonely), strict=True)
    return {
        "listeners": ",".join(f"{name}{local}{port}" for name, port in here),
        "advertised.listeners": ",".join(f"{name}{local}{port}" for name, port in told),
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in (*names, "CONTROLLER")),
        "inter.broker.listener.name": "PLAINTEXT",
    }
