"""The network breaks connections while a command starts: that is no verdict on its settings."""

import asyncio

import pytest

from service.demo import broker_config as kraft
from service.errors import RefusalError
from service.kafka.client.options import connection
from service.kafka.client.patience import PATIENCE_SECONDS
from service.kafka.topics.acl import missing
from service.kafka.topics.ensure import ensure
from service.settings import read_settings
from tests.broker.service import environment
from tests.chaos.proxy import Proxy

CUT_FOR = 3.0  # seconds


def behind(bootstrap: str) -> Proxy:
    (port,) = kraft.free_ports(1)
    return Proxy(port, int(bootstrap.partition(",")[0].rpartition(":")[2]))


async def test_a_start_waits_until_connections_hold(bootstrap: str, prefix: str) -> None:
    await ensure(connection(read_settings(environment(bootstrap, prefix))), prefix)
    async with behind(bootstrap) as proxy:
        settings = read_settings(environment(f"127.0.0.1:{proxy.port}", prefix))
        proxy.cut()
        asyncio.get_running_loop().call_later(CUT_FOR, proxy.heal)
        assert await missing(connection(settings), prefix, "group") == []


async def test_when_they_never_hold_it_is_said_within_the_same_patience(bootstrap: str, prefix: str) -> None:
    async with behind(bootstrap) as proxy:
        settings = read_settings(environment(f"127.0.0.1:{proxy.port}", prefix))
        proxy.cut()
        async with asyncio.timeout(PATIENCE_SECONDS + 5):
            with pytest.raises(
                RefusalError, match=f"127.0.0.1:{proxy.port} hangs up; does it speak PLAINTEXT"
            ):
                await missing(connection(settings), prefix, "group")
