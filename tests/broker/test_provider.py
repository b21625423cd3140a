"""A broker from what is there, gone when we are gone."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from service.demo import jars
from service.demo.absence import NoBroker
from service.demo.broker import broker
from service.demo.maven_broker import maven_broker

START_AND_SAY = """
import signal
from service.demo.maven_broker import maven_broker
with maven_broker() as running:
    node = running.nodes[0]
    print(running.bootstrap, node.pid, node.guard.keeper, node.guard.directory, flush=True)
    signal.pause()
"""


@pytest.fixture
def no_broker_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No address, no engine, no Java: an empty PATH and a socket that is not there."""
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("PATH", str(tmp_path))


def answers(address: str) -> bool:
    host, port = address.split(":")
    with closing(socket.socket()) as client:
        return client.connect_ex((host, int(port))) == 0


def test_your_own_broker_comes_first_and_is_left_alone(monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
    with broker() as yours:
        assert (yours.bootstrap, list(yours.nodes)) == ("kafka.example:9092", [])


@pytest.mark.usefixtures("no_broker_of_ours")
def test_without_any_way_the_error_names_all_three():
    with pytest.raises(NoBroker) as refusal, broker():
        pass
    said = str(refusal.value)
    assert "KAFKA_BOOTSTRAP_SERVERS" in said
    assert "Docker engine" in said
    assert "no java" in said
    assert "\n" not in said


@pytest.mark.broker
def test_a_killed_broker_starts_again_on_the_same_address():
    with maven_broker() as running:
        node = running.nodes[0]
        first = node.pid
        node.kill()
        assert not answers(running.bootstrap)
        node.start()
        assert answers(running.bootstrap)
        assert node.pid != first


@pytest.mark.broker
def test_a_server_property_that_kafka_refuses_is_said_in_one_line():
    with (
        pytest.raises(NoBroker, match=r"^Kafka does not start: .*process\.roles.*$"),
        maven_broker(properties={"process.roles": "nobody"}),
    ):
        pass


@pytest.mark.broker
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_however_its_user_ends_no_process_and_no_directory_stays(how):
    user = subprocess.Popen([sys.executable, "-c", START_AND_SAY], stdout=subprocess.PIPE, text=True)
    address, pid, keeper, directory = user.stdout.readline().split()
    assert answers(address)
    running = {"broker": os.pidfd_open(int(pid)), "keeper of the directory": os.pidfd_open(int(keeper))}
    user.send_signal(how)
    user.communicate()
    for name, process in running.items():  # a killed process takes its time to give its memory back
        ended, _, _ = select.select([process], [], [], 20)
        assert ended, f"the {name} still runs"
    assert not Path(directory).exists()


@pytest.mark.broker
async def test_three_brokers_hold_three_copies_of_every_record():
    with maven_broker(count=3, properties={"min.insync.replicas": "3"}) as running:
        async with admin_of(running.bootstrap) as admin, producer_of(running.bootstrap) as producer:
            cluster = await admin.describe_cluster()
            await admin.create_topics([NewTopic("copied", 1, 3)])
            await producer.send_and_wait("copied", b"acknowledged by three or not at all")
    assert [node["node_id"] for node in cluster["brokers"]] == [1, 2, 3]


@asynccontextmanager
async def admin_of(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


def producer_of(bootstrap: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")


def test_jars_are_kept_outside_the_checkout(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert jars.home().is_relative_to(tmp_path)
