"""The properties of a small Kafka cluster without ZooKeeper, and the ports it may use."""

import random
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress

VERSION = "4.3.1"
CLUSTER_ID = "c2xhLXRpbWVyLWRlbW8gIA"  # 16 bytes in base64, as Kafka wants it
PORTS = range(20_000, 32_000)  # below Linux's ephemeral ports: no client takes a stopped broker's port


def free_ports(count: int) -> list[int]:
    """Return different TCP ports of 127.0.0.1 without a listener."""
    found: set[int] = set()
    while len(found) < count:
        port = random.choice(PORTS)
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)


def broker_properties(
    number: int, ports: Sequence[tuple[int, int]], *, bind: str, advertise: str, directory: str
) -> dict[str, str]:
    """Return the server properties of node `number` (from 1) of a cluster. `ports`: (client, controller)."""
    client, controller = ports[number - 1]
    copies = str(min(3, len(ports)))
    enough = "2" if len(ports) >= 3 else "1"  # one of three may be down
    return {
        "node.id": str(number),
        "process.roles": "broker,controller",
        # Static voters: any formatted directory will do, also one that another cluster formatted.
        "controller.quorum.voters": ",".join(
            f"{index}@127.0.0.1:{port}" for index, (_, port) in enumerate(ports, start=1)
        ),
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listeners": f"PLAINTEXT://{bind}:{client},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://{advertise}:{client}",
        "log.dirs": directory,
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": enough,
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": enough,
        # A restarted broker waits until the session from before its kill has ended: 9 s by default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # A transaction that was ending waits so long for a broker that hangs: 30 s by default.
        "request.timeout.ms": "3000",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "500",
        "log.cleaner.dedupe.buffer.size": "4194304",  # the default takes 128 MB of heap
    }


def as_file(properties: Mapping[str, str]) -> str:
    """Return the properties as the text of Kafka's server.properties."""
    return "".join(f"{key}={value}\n" for key, value in properties.items())


def as_variables(properties: Mapping[str, str]) -> dict[str, str]:
    """Return the properties as environment variables of the apache/kafka image."""
    return {
        "KAFKA_" + key.replace("_", "__").replace("-", "___").replace(".", "_").upper(): value
        for key, value in properties.items()
    }
