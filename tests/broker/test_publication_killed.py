"""Processes are killed between the publication of a version and its effect, and a publisher amid its own."""

import asyncio
import json
import sys
from pathlib import Path

import httpx

from schemas.instant import milliseconds, written
from schemas.instant import read as read_instant
from service.clock import now_ms
from service.kafka.client.options import connection
from service.kafka.client.transactional_producer import TRANSACTION_TIMEOUT_MS
from service.processes.policies import read_published_policies
from service.settings import read_settings
from tests.broker.live import POLICY, event, publish, set_up, told
from tests.broker.log import read
from tests.broker.service import running, sla_timer, until
from tests.broker.soon import publish_soon, ticket_in
from tests.broker.stuck_publisher import stuck

HOUR = 3_600_000
PARTITIONS = 2
BEFORE = (
    1.3  # times what two starts took, from before the publication to the effect: the kills come in between
)
OLD, NEW = 1_000, 2_000  # ms: the targets of version 1 and 2
GRACE = 1_000  # ms
AROUND = (-1, 0, 1)  # ms from the effect to a receipt


def policy(id: str, version: int, effective: int, after: str) -> str:
    return (
        POLICY.replace("quick", id)
        .replace("version: 1", f"version: {version}")
        .replace("2026-01-01T00:00:00Z", written(effective))
        .replace("after: 1s", f"after: {after}")
    )


def ready(*clients: httpx.Client) -> None:
    for client in clients:
        until(client, "/readyz", lambda answer: answer.status_code == 200)


Breach = tuple[str, int, int]  # ticket, version that judged, due instant (ms)


def breaches(bootstrap: str, prefix: str) -> list[Breach]:
    """Every announcement; each is a first revision of a breach."""
    found = []
    for record in asyncio.run(read(bootstrap, f"{prefix}sla.breaches", f"{prefix}sla.clocks")):
        data = json.loads(record.value)
        assert (dict(record.headers)["ce_type"], data["revision"]) == (b"sla.breached", 1), data
        found.append(
            (data["ticket_id"], data["policy"]["version"], milliseconds(read_instant(data["due_at"])))
        )
    return sorted(found)


def around(lot: str, effective: int) -> list[tuple[str, int]]:
    """Tickets of one lot with their receipts: three of each partition, about the instant of the effect."""
    return [
        (ticket_in(partition, PARTITIONS, f"{lot}-{number}-{after}"), effective + after)
        for number, partition in enumerate(range(PARTITIONS))
        for after in AROUND
    ]


def test_processes_killed_between_publication_and_effect_judge_by_it_to_the_millisecond(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    """Both start again with the files of before: what counts is what was published."""
    env = set_up(bootstrap, prefix, tmp_path, PARTITIONS)
    one, other = (env | {"SLA_INSTANCE": name} for name in ("one", "other"))

    def receive(tickets: list[tuple[str, int]]) -> None:
        events = [(ticket, event(ticket, "received", at)) for ticket, at in tickets]
        asyncio.run(publish(bootstrap, prefix, PARTITIONS, events))

    began = now_ms()
    with running(one) as (first, of_first), running(other) as (second, of_second):
        ready(of_first, of_second)
        soon = int(BEFORE * (now_ms() - began))
        long_ago = [(ticket_in(number, PARTITIONS, "past"), now_ms() - HOUR) for number in range(PARTITIONS)]
        effective = now_ms() + soon
        known, down, later = (around(lot, effective) for lot in ("known", "down", "later"))
        receive([*long_ago, *known])
        publish_soon(env, tmp_path, second=policy("quick", 2, effective, f"{NEW}ms"))
        first.kill()
        with running(one):
            second.kill()
            receive(down)
            assert now_ms() < effective, "the machine is too slow for this test"
            with running(other):
                receive(later)
                tickets = [*known, *down, *later]
                asyncio.run(told(bootstrap, prefix, at_least=len(long_ago) + len(tickets)))
    assert breaches(bootstrap, prefix) == sorted(
        [
            *((ticket, 1, at + OLD) for ticket, at in long_ago),
            *((ticket, 1, at + OLD) for ticket, at in tickets if at < effective),
            *((ticket, 2, at + NEW) for ticket, at in tickets if at >= effective),
        ]
    )


def test_a_publisher_killed_in_its_transaction_holds_up_no_deadline_and_no_publisher(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    with running(env) as (process, client):
        ready(client)
        more = tmp_path / "more"
        more.mkdir()
        for name in ("half", "whole"):
            (more / f"{name}.yaml").write_text(
                policy(name, 1, now_ms() + HOUR, "5s").replace(
                    "version: 1", f"version: 1\nmatch: {{team: {name}}}"
                )
            )
        publisher = env | {"SLA_POLICIES": str(more)}
        with stuck(publisher):
            pass
        # Two records are in the log, and nobody will commit them. Kafka ends it after ten seconds or more.
        received = now_ms()
        asyncio.run(publish(bootstrap, prefix, 1, [("T1", event("T1", "received", received))]))
        asyncio.run(told(bootstrap, prefix, at_least=1))
        (record,) = asyncio.run(read(bootstrap, f"{prefix}sla.breaches"))
        waited = record.timestamp - (received + OLD + GRACE)
        sys.stdout.write(
            f"announced {waited} ms after it was due, while the transaction of a dead publisher was open\n"
        )
        assert 0 < waited < TRANSACTION_TIMEOUT_MS
        assert asyncio.run(listed(env)) == known_to(client) == [("quick", 1)]

        began = now_ms()
        done = sla_timer("policies", "publish", env=publisher)
        sys.stdout.write(f"the next publisher took {now_ms() - began} ms\n")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-2:] == ["published half version 1", "published whole version 1"]
        assert asyncio.run(listed(env)) == [("half", 1), ("quick", 1), ("whole", 1)]
        received = now_ms()
        asyncio.run(publish(bootstrap, prefix, 1, [("T2", event("T2", "received", received))]))
        asyncio.run(told(bootstrap, prefix, at_least=2))
        assert known_to(client) == [("half", 1), ("quick", 1), ("whole", 1)]
        assert process.poll() is None
        process.kill()
        said = [line for line in process.lines() if line.endswith("is published\n")]
    assert [line.rpartition(" is published")[0].split()[-3:] for line in said] == [
        [name, "version", "1"] for name in ("half", "whole")
    ]


def known_to(client: httpx.Client) -> list[tuple[str, int]]:
    """Id and version of what a process knows."""
    return sorted((row["policy"], int(row["version"])) for row in client.get("/readyz").json()["policies"])


async def listed(env: dict[str, str]) -> list[tuple[str, int]]:
    """Id and version of what is published."""
    settings = read_settings(env)
    return sorted((await read_published_policies(connection(settings), settings)).versions)
