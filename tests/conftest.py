"""One real Kafka for the whole run, and names that no other test uses."""

import re
import signal
import uuid
from collections.abc import Iterator

import pytest

from service.demo.broker import Broker, broker
from service.kafka.client.patches import patch_aiokafka

BROKER_TESTS_END_WITHIN = 600  # seconds, with the start of Kafka, on a busy machine

patch_aiokafka()  # tests make clients of the library without our factories

for inherited in (signal.SIGINT, signal.SIGHUP):
    # Under nohup, or behind `&` in a script, we ignore these, and so would every process that a test starts.
    # One that is caught is the default for them again; for us it still does nothing.
    if signal.getsignal(inherited) is signal.SIG_IGN:
        signal.signal(inherited, lambda *_: None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test that uses the broker, and gives it time; every other has that of pyproject.toml."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.broker)
        if item.get_closest_marker("broker") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(BROKER_TESTS_END_WITHIN))


@pytest.fixture(scope="session")
def kafka() -> Iterator[Broker]:
    """The broker of the session. With no way to one, tests fail: a skip would look like success."""
    with broker() as running:
        yield running


@pytest.fixture(scope="session")
def bootstrap(kafka: Broker) -> str:
    """Its addresses: host:port,host:port."""
    return kafka.bootstrap


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A name for the topics, the group and the members of one test: `late-facts-3f2a9c.`."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
    return f"{words[:60].strip('-')}-{uuid.uuid4().hex[:6]}."
