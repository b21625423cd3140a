"""One secured Kafka for all tests here, and topics on it that exist but that our user knows nothing of."""

import asyncio
from collections.abc import Iterator

import pytest

from service.kafka.topics.ensure import ensure
from tests.broker.service import environment
from tests.security.broker import SecuredBroker, secured_broker


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """The broker."""
    with secured_broker(tmp_path_factory.mktemp("secured")) as broker:
        yield broker


@pytest.fixture
def topics(secured: SecuredBroker, prefix: str) -> dict[str, str]:
    """All topics of the service, made by an administrator; gives the settings that both doors share."""
    return topics_of(secured, prefix)


def topics_of(secured: SecuredBroker, prefix: str) -> dict[str, str]:
    """See `topics`."""
    connection = {"bootstrap_servers": [secured.admin], "security_protocol": "PLAINTEXT"}
    asyncio.run(ensure(connection, prefix, 2))
    return environment(secured.admin, prefix)
