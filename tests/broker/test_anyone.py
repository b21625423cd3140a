"""One broker of three is down: what any of the others can answer is answered."""

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NodeNotReadyError

from service.demo.maven_broker import maven_broker
from service.kafka.anyone import anyone
from service.kafka.connection import connection
from service.kafka.topics import ensure
from service.settings import read_settings
from service.start import prepare
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
            assert (await prepare(settings)).topics == ground.topics
            node.start()


@pytest.mark.broker
async def test_when_no_broker_takes_connections_the_error_names_them_all() -> None:
    with maven_broker() as running:
        client = AIOKafkaClient(bootstrap_servers=running.bootstrap)
        await client.bootstrap()
        running.nodes[0].kill()
        try:
            with pytest.raises(NodeNotReadyError, match=running.bootstrap):
                await anyone(client)
        finally:
            await client.close()
