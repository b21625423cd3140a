"""aiokafka is as its makers left it until a client of ours is made."""

import subprocess
import sys

import pytest

NOWHERE = '{"bootstrap_servers": ["127.0.0.1:1"]}'
SAY = "from aiokafka.consumer import fetcher; print(fetcher.FetchResult.getall.__module__)"
MADE = {
    "reader": f"""
from service.kafka.client.groupless_consumer import open_reader
asyncio.run(open_reader({NOWHERE}, committed=True))""",
    "transactional producer": f"""
from service.kafka.client.transactional_producer import open_producer
asyncio.run(open_producer({NOWHERE}, "id"))""",
    "admin": f"""
from service.kafka.client.admin import administering
asyncio.run(administering({NOWHERE}).__aenter__())""",
    "group": f"""
from service.kafka.exactly_once.context import OwnerSettings, Topics
from service.kafka.exactly_once.group import Group
from service.kafka.codec.partitioner import murmur2
async def make():
    Group(OwnerSettings({NOWHERE}, "group", Topics("b", "c", "r"), (), 0, lambda: 0, murmur2), None)
asyncio.run(make())""",
}


@pytest.mark.parametrize("client", MADE)
def test_the_library_is_changed_by_making_a_client_and_not_by_an_import(client: str) -> None:
    imports, _, makes = MADE[client].rpartition("\nasyncio.run")
    program = f"""
import asyncio, contextlib
{imports}
{SAY}
with contextlib.suppress(Exception):
    asyncio.run{makes}
{SAY}
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    before, after = done.stdout.split()
    assert (before, after) == ("aiokafka.consumer.fetcher", "service.kafka.client.unpacking")
