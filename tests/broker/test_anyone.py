"""One broker of three is down: what any of the others can answer is answered."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import NodeNotReadyError
from aiokafka.protocol.metadata import MetadataRequest

from service.demo.maven_broker import maven_broker
from service.kafka.client.admin import Admin
from service.kafka.client.client import Client
from service.kafka.client.options import connection
from service.kafka.client.silence import SILENT_AFTER_SECONDS
from service.kafka.topics.ensure import FoundTopic, ensure
from service.processes.startup_checks import prepare
from service.settings import read_settings
from tests.broker.service import environment

COPIES = {"default.replication.factor": "3", "min.insync.replicas": "2"}


@pytest.mark.broker
async def test_a_service_starts_while_kafka_still_names_a_broker_that_is_down(prefix: str) -> None:
    with maven_broker(count=3, properties=COPIES) as running:
        settings = read_settings(environment(running.bootstrap, prefix))
        await ensure(connection(settings), prefix)
        ground = await prepare(settings)
        for node in running.nodes:
            node.kill()
            assert apart_from_brokers((await prepare(settings)).topics) == apart_from_brokers(ground.topics)
            node.start()


def apart_from_brokers(topics: Mapping[str, FoundTopic]) -> dict[str, FoundTopic]:
    """The topics, without the number of brokers: on a slow machine Kafka knows by then that one is down."""
    return {name: replace(found, brokers=0) for name, found in topics.items()}


@pytest.mark.broker
async def test_when_no_broker_takes_connections_the_error_names_them_all() -> None:
    with maven_broker() as running:
        client = Client(bootstrap_servers=running.bootstrap)
        await client.bootstrap()
        running.nodes[0].kill()
        try:
            with pytest.raises(NodeNotReadyError, match=running.bootstrap):
                await client.ask(MetadataRequest([]))
        finally:
            await client.close()


async def test_who_is_named_as_controller_and_says_nothing_is_passed_over(
    bootstrap: str, prefix: str
) -> None:
    silent = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    admin = Admin(bootstrap_servers=bootstrap, request_timeout_ms=60_000)
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    brokers = [(1, "127.0.0.1", silent.sockets[0].getsockname()[1], None), (2, host, int(port), None)]
    admin._client.cluster.update_metadata(
        SimpleNamespace(API_VERSION=5, brokers=brokers, controller_id=1, topics=[])
    )
    try:
        async with asyncio.timeout(4 * SILENT_AFTER_SECONDS):
            answer = await admin.create_topics([NewTopic(f"{prefix}topic", 1, 1)])
        assert [code for _, code, *_ in answer.topic_errors] == [0]
    finally:
        await admin.close()
        silent.close()
