"""One real Kafka for the whole run, and names that no other test uses."""

import re
import uuid
from collections.abc import Iterator

import pytest

from service.demo.broker import Broker, broker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test that uses the broker."""
    for item in items:
        if "kafka" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.broker)


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
