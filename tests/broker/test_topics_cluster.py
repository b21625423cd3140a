"""On three brokers one copy of everything is warned of, and what nobody can write to is refused."""

from collections.abc import Iterator

import pytest

from schemas.topics import BREACHES, CLOCKS, TICKETS, TOPICS, UNDELIVERABLE
from service.demo.maven_broker import maven_broker
from tests.broker.log import create
from tests.broker.service import environment, sla_timer
from tests.security.process import started

pytestmark = pytest.mark.broker

ONE_OF_EVERYTHING = {"default.replication.factor": "1", "min.insync.replicas": "1"}
PATIENT = {"request.timeout.ms": "30000"}  # Kafka's default
UNCLEAN = {"unclean.leader.election.enable": "true", "min.insync.replicas": "1"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Three brokers as they come, with Kafka's defaults for topics."""
    with maven_broker(count=3, properties=ONE_OF_EVERYTHING | PATIENT) as brokers:
        yield brokers.bootstrap


async def test_one_copy_is_a_warning_of_check_of_ensure_and_of_the_start(cluster: str, prefix: str) -> None:
    whole = {"cleanup.policy": "compact", "max.message.bytes": TICKETS.config["max.message.bytes"]}
    await create(cluster, TICKETS.named(prefix), whole | UNCLEAN, replicas=3)
    env = environment(cluster, prefix)
    made = sla_timer("topics", "ensure", "--partitions", "1", env=env)
    assert made.returncode == 0, made.stderr
    names = ", ".join(topic.named(prefix) for topic in TOPICS if topic is not TICKETS)
    warned = [
        "request.timeout.ms=30000 on the brokers: ",
        f"one replica on a cluster of several brokers: {names}: ",
        f"min.insync.replicas=1 on a cluster of several brokers: {prefix}sla.tickets: ",
        f"unclean.leader.election.enable=true: {prefix}sla.tickets: ",
    ]
    checked = sla_timer("topics", "check", env=env)
    assert (checked.returncode, checked.stdout) == (0, "topics are usable, but see the warnings\n")
    assert checked.stderr == made.stderr
    lines = checked.stderr.splitlines()
    assert [line.startswith(f"warning: {start}") for line, start in zip(lines, warned, strict=True)] == [
        True
    ] * 4
    with started(env) as service:
        service.ready().close()
        assert service.stopped() == 0
    # The service does not need the topic of the gateway, and says nothing of it.
    said = [line.replace(f", {UNDELIVERABLE.named(prefix)}", "") for line in lines]
    assert [line for line in said if line.removeprefix("warning: ") not in service.log] == []


async def test_a_topic_with_fewer_replicas_than_must_have_a_record_is_refused(
    cluster: str, prefix: str
) -> None:
    config = {"max.message.bytes": CLOCKS.config["max.message.bytes"], "min.insync.replicas": "2"}
    await create(cluster, CLOCKS.named(prefix), config)
    await create(cluster, BREACHES.named(prefix), config, replicas=2)
    env = environment(cluster, prefix)
    made = sla_timer("topics", "ensure", "--partitions", "1", env=env)
    assert made.returncode == 1
    finding, *others = made.stderr.splitlines()
    assert finding.startswith(
        f"topic {prefix}sla.clocks: min.insync.replicas=2 of 1 replicas: nobody can write"
    )
    assert [line.partition(":")[0] for line in others] == [
        f"topic {prefix}sla.breaches",  # kept for a week only
        f"topic {prefix}sla.clocks",
        "warning",
        "warning",
    ]
    refused = sla_timer("run", env=env)
    assert (refused.returncode, refused.stderr) == (2, f"sla-timer: {finding}\n")
