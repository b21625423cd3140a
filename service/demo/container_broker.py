"""Kafka in a container of the apache/kafka image, for machines with a Docker engine."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from docker.errors import DockerException
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from service.demo import broker_config as kraft
from service.demo.absence import NoBroker

IMAGE = f"apache/kafka:{kraft.VERSION}"
ANSWER_SECONDS = 5  # for the engine to answer
START_SECONDS = 120  # for the container to start, once its image is there


@dataclass(frozen=True)
class ContainerBroker:
    """One node in a container. testcontainers' reaper removes it if this process is killed."""

    bootstrap: str
    origin: str = f"{IMAGE} in Docker"
    nodes: tuple[()] = ()


@contextmanager
def container_broker(properties: Mapping[str, str] | None = None) -> Iterator[ContainerBroker]:
    """Kafka for as long as the block runs. Raises NoBroker when no engine answers or no container starts."""
    logging.getLogger("testcontainers").setLevel(logging.WARNING)
    try:
        engine = DockerClient(timeout=ANSWER_SECONDS)
        engine.client.ping()
    except DockerException:
        raise NoBroker("none answers") from None

    host, port = engine.host(), kraft.free_ports(1)[0]
    local = host in ("localhost", "127.0.0.1")
    # The same port inside and outside, so that the advertised address is known before the start. Binding to
    # all interfaces is safe: they are the container's own.
    inside = "0.0.0.0"  # noqa: S104
    ours = kraft.broker_properties(
        1, [(port, port + 1)], bind=inside, advertise=host, directory="/var/lib/kafka/data"
    )
    container = DockerContainer(IMAGE, env={"CLUSTER_ID": kraft.CLUSTER_ID})
    container.with_envs(**kraft.as_variables(ours | dict(properties or {})))
    binding = ("127.0.0.1", port) if local else port
    container.ports[f"{port}/tcp"] = binding  # type: ignore[assignment]  # Docker accepts an address, too
    container.waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(START_SECONDS))
    try:
        container.start()
    except (DockerException, TimeoutError, RuntimeError) as error:
        container.stop()
        raise NoBroker(f"{IMAGE} does not start: {str(error).splitlines()[0][:200]}") from None
    try:
        yield ContainerBroker(f"{host}:{port}")
    finally:
        container.stop()
