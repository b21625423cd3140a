"""Why a ticket of the live service has no verdict, and what became of the codes of its records."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2
from tests.broker.live import WITHIN, event, publish, set_up, stopped_after, told
from tests.broker.log import read, write
from tests.broker.service import sla_timer

SENTENCE = "please call me back under 13800000000"


@pytest.fixture
def env(bootstrap: str, prefix: str, tmp_path: Path) -> dict[str, str]:
    return set_up(bootstrap, prefix, tmp_path, partitions=2)


def explained(ticket: str, env: dict[str, str], *more: str, code: int = 1) -> dict[str, Any]:
    """The answer as JSON, once it is known that the text can be written as well."""
    for lang in ("en", "zh"):
        text = sla_timer("explain", ticket, "--lang", lang, *more, env=env)
        assert (text.returncode, text.stderr) == (code, "")
        assert "13800000000" not in text.stdout
    answer = sla_timer("explain", ticket, "--json", *more, env=env)
    assert (answer.returncode, "13800000000" in answer.stdout) == (code, False)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


async def aside(bootstrap: str, prefix: str, at_least: int) -> None:
    async with asyncio.timeout(WITHIN):
        while len(await read(bootstrap, f"{prefix}complaints.rejected")) < at_least:
            pass


async def judged(bootstrap: str, prefix: str, *keys: bytes) -> None:
    """Returns when the state holds these keys."""
    async with asyncio.timeout(WITHIN):
        while not set(keys) <= {record.key for record in await read(bootstrap, f"{prefix}sla.tickets")}:
            pass


def of_tenant(value: bytes, tenant: str) -> bytes:
    return json.dumps(json.loads(value) | {"tenant": tenant}).encode()


def test_never_received_and_not_processed_yet(env: dict[str, str], bootstrap: str, prefix: str) -> None:
    received = event("T1", "received", now_ms() - 60_000)
    asyncio.run(publish(bootstrap, prefix, 2, [("T1", received), ("T1", b"no JSON")]))
    assert explained("T9", env)["no_verdict"] == ["never_received"]
    found = explained("T1", env)
    assert found["no_verdict"] == ["waiting", "rejected"]
    partition = murmur2(b"T1", 2)
    (waiting,) = found["records"]["waiting"]
    assert (waiting["partition"], waiting["offset"]) == (partition, 0)
    (rejected,) = found["records"]["rejected"]  # nobody has put it aside yet
    assert (rejected["reason"], rejected["offset"], rejected["kept_as"]) == ("not_json", 1, None)
    assert explained("T1", env, "--tenant", "acme")["records"]["other_tenants"] == ["default"]


def test_rejected_records_are_named_with_reason_field_and_both_offsets(
    env: dict[str, str], bootstrap: str, prefix: str
) -> None:
    now = now_ms() - 60_000
    no_channel = event("T1", "received", now, channel=SENTENCE)
    astray = event("T2", "received", now)
    partition = murmur2(b"T1", 2)
    asyncio.run(publish(bootstrap, prefix, 2, [("T1", no_channel), ("T2", astray), ("T1", astray)]))
    asyncio.run(publish(bootstrap, prefix, 2, [("T1", of_tenant(no_channel, "acme"))]))
    with stopped_after(env):
        asyncio.run(aside(bootstrap, prefix, at_least=3))
        asyncio.run(judged(bootstrap, prefix, b"T2@default"))
    found = explained("T1", env)
    assert found["no_verdict"] == ["rejected"]
    records = [
        (one["reason"], one["field"], one["partition"], one["kept_as"] is not None)
        for one in found["records"]["rejected"]
    ]
    assert records == [
        ("missing_field", "data.channel", partition, True),
        ("key_not_subject", "key", partition, True),  # by its key it is of this ticket
    ]
    # The other ticket is judged, and says that a record of it was rejected.
    other = explained("T2", env, code=0)
    assert other["no_verdict"] == []
    assert [one["reason"] for one in other["records"]["rejected"]] == ["key_not_subject"]
    shown = sla_timer("rejected", "show", found["records"]["rejected"][0]["kept_as"], env=env)
    assert json.loads(shown.stdout)["offset"] == found["records"]["rejected"][0]["offset"]


def test_a_forgotten_ticket_has_a_tombstone_and_after_compaction_records_alone(
    env: dict[str, str], bootstrap: str, prefix: str
) -> None:
    partition = murmur2(b"T1", 2)
    asyncio.run(publish(bootstrap, prefix, 2, [("T1", event("T1", "received", now_ms() - 60_000))]))
    with stopped_after(env):
        asyncio.run(told(bootstrap, prefix, at_least=1))
    # What the service writes when the retention is over.
    asyncio.run(write(bootstrap, f"{prefix}sla.tickets", [(partition, b"T1@default", None)]))
    found = explained("T1", env)
    assert found["no_verdict"] == ["forgotten"]
    tombstone = found["records"]["tombstone"]
    assert (tombstone["topic"], tombstone["partition"]) == (f"{prefix}sla.tickets", partition)
    (seen,) = found["records"]["forgotten"]
    assert (seen["partition"], seen["offset"]) == (partition, 0)
    assert found["records"]["waiting"] == []


async def _drop(bootstrap: str, topic: str, partition: int, before: int) -> None:
    """Takes the first records of a partition away, as retention does."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before)})
    finally:
        await admin.close()


def test_codes_are_read_again_at_the_offsets_of_the_facts_until_retention_takes_them(
    env: dict[str, str], bootstrap: str, prefix: str
) -> None:
    now = now_ms() - 60_000
    partition = murmur2(b"T1", 2)
    received = event("T1", "received", now, priority=1, region=SENTENCE, channel="WeChat")
    fillers = [("T1", event("T1", "reassigned", now + number + 1)) for number in range(3)]
    paused = event("T1", "paused", now + 10, reason=" customer ")
    asyncio.run(publish(bootstrap, prefix, 2, [("T1", received), *fillers, ("T1", paused)]))
    with stopped_after(env):
        asyncio.run(judged(bootstrap, prefix, b"T1@default"))
        asyncio.run(told(bootstrap, prefix, at_least=1))

    def codes() -> list[dict[str, str] | None]:
        return [
            None if one["codes"] is None else {code["field"]: code["fitting"] for code in one["codes"]}
            for one in explained("T1", env, code=0)["facts"]
        ]

    first = {"channel": "other", "priority": "made_fit", "region": "dropped"}
    assert codes() == [first, {}, {}, {}, {"reason": "made_fit"}]
    asyncio.run(_drop(bootstrap, f"{prefix}complaints.lifecycle", partition, 2))
    assert codes() == [None, None, {}, {}, {"reason": "made_fit"}]
    text = sla_timer("explain", "T1", env=env).stdout
    gone = f"  Codes made fit or dropped: not known of F1, F2, not in {prefix}complaints.lifecycle"
    assert gone in text.splitlines()
