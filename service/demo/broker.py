"""A broker for the demo: the user's own, else one in Docker, else one from Maven's jars."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from service.demo.absence import NoBroker
from service.demo.maven_broker import Node, maven_broker


class Broker(Protocol):
    """A Kafka that takes requests."""

    @property
    def bootstrap(self) -> str:
        """The bootstrap servers: host:port,host:port."""

    @property
    def origin(self) -> str:
        """Where the broker comes from, as text for people."""

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes that can be killed and started again; none when the broker was not started here."""


@dataclass(frozen=True)
class YourBroker:
    """The broker that KAFKA_BOOTSTRAP_SERVERS names. It is neither started nor stopped here."""

    bootstrap: str
    origin: str = "KAFKA_BOOTSTRAP_SERVERS"
    nodes: tuple[Node, ...] = ()


@contextmanager
def broker(properties: Mapping[str, str] | None = None) -> Iterator[Broker]:
    """A broker for as long as the block runs. `properties`: server properties, if it is started here.

    Blocks for some seconds, longer when it downloads something. Raises NoBroker, which names three remedies.
    """
    if yours := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield YourBroker(yours)
        return
    with ExitStack() as stack:
        yield _start(stack, properties)


def _start(stack: ExitStack, properties: Mapping[str, str] | None) -> Broker:
    try:
        return stack.enter_context(_container(properties))
    except NoBroker as error:
        no_docker = error
    try:
        return stack.enter_context(maven_broker(properties=properties))
    except NoBroker as no_maven:
        raise NoBroker(
            "no Kafka; one of three is needed: KAFKA_BOOTSTRAP_SERVERS set to one that runs,"
            f" or a Docker engine ({no_docker}), or Java 17 or newer with Maven ({no_maven})"
        ) from None


def _container(properties: Mapping[str, str] | None) -> AbstractContextManager[Broker]:
    try:
        from service.demo.container_broker import container_broker  # noqa: PLC0415 - development only
    except ImportError as error:
        raise NoBroker(f"the Python package {error.name} is not installed") from None
    return container_broker(properties)
