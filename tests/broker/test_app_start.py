"""The service does not start on bad ground: one line that says what to do, exit code 2."""

from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import LIFECYCLE, POLICIES, SERVED, TICKETS
from tests.broker.service import environment, sla_timer


def refused(env: dict[str, str]) -> str:
    """The one line."""
    ended = sla_timer("run", env=env)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    return line


async def create(bootstrap: str, prefix: str, **changes: NewTopic | None) -> None:
    """All topics, those of `changes` (by name, underscores for dots) as they say; None leaves one out."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        fitting = {
            topic.name: NewTopic(
                topic.named(prefix), 1 if topic is POLICIES else 2, 1, topic_configs=dict(topic.config)
            )
            for topic in SERVED
        }
        wanted = fitting | {name.replace("_", "."): topic for name, topic in changes.items()}
        answer = await admin.create_topics([topic for topic in wanted.values() if topic])
        assert not any(code for _, code, *_ in answer.topic_errors), answer
    finally:
        await admin.close()


async def test_an_unknown_setting(bootstrap: str, prefix: str) -> None:
    line = refused(environment(bootstrap, prefix, SLA_GRAZE="1s"))
    assert line == "sla-timer: SLA_GRAZE: no such setting; did you mean SLA_GRACE?"


async def test_a_bad_policy_file(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("policy: bad\nversion: none\n", encoding="utf-8")
    line = refused(environment(bootstrap, prefix, SLA_POLICIES=str(tmp_path)))
    assert line.startswith(f"sla-timer: {tmp_path}/bad.yaml:")
    assert "(and " in line


async def test_a_port_that_is_taken(bootstrap: str, prefix: str) -> None:
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    line = refused(environment(bootstrap, prefix, SLA_HTTP=f"{host}:{port}"))
    assert line == f"sla-timer: SLA_HTTP: cannot listen on {host}:{port}: Address already in use"


async def test_no_kafka(prefix: str) -> None:
    line = refused(environment("127.0.0.1:1", prefix))
    assert line.startswith("sla-timer: KAFKA_BOOTSTRAP_SERVERS: 127.0.0.1:1: ")


async def test_no_topics(bootstrap: str, prefix: str) -> None:
    line = refused(environment(bootstrap, prefix))
    assert line == (
        f"sla-timer: topic {prefix}complaints.lifecycle: missing; create it with: "
        f"sla-timer topics ensure (and {len(SERVED) - 1} more)"
    )


async def test_one_topic_missing(bootstrap: str, prefix: str) -> None:
    await create(bootstrap, prefix, sla_policies=None)
    line = refused(environment(bootstrap, prefix))
    assert line == f"sla-timer: topic {prefix}sla.policies: missing; create it with: sla-timer topics ensure"


@pytest.mark.parametrize("topic", [TICKETS, POLICIES], ids=lambda topic: topic.name)
async def test_deletion_where_compaction_is_needed(bootstrap: str, prefix: str, topic: object) -> None:
    assert topic in (TICKETS, POLICIES)
    name = topic.name  # type: ignore[attr-defined]
    config = dict(topic.config) | {"cleanup.policy": "delete"}  # type: ignore[attr-defined]
    partitions = 1 if topic is POLICIES else 2
    changed = NewTopic(prefix + name, partitions, 1, topic_configs=config)
    await create(bootstrap, prefix, **{name: changed})
    assert refused(environment(bootstrap, prefix)) == (
        f"sla-timer: topic {prefix}{name}: cleanup.policy=delete forgets the oldest; "
        f"set it: kafka-configs --alter --topic {prefix}{name} --add-config cleanup.policy=compact"
    )


async def test_state_that_is_split_otherwise_than_the_input(bootstrap: str, prefix: str) -> None:
    changed = NewTopic(prefix + TICKETS.name, 3, 1, topic_configs=dict(TICKETS.config))
    await create(bootstrap, prefix, sla_tickets=changed)
    assert refused(environment(bootstrap, prefix)) == (
        f"sla-timer: topic {prefix}sla.tickets: 3 partitions, but {prefix}{LIFECYCLE.name} has 2; "
        "they must be equal: create it anew; what it holds moves with sla-timer state export and import"
    )
