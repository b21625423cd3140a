"""`rejected list`, `show` and `retry` on what a service put aside."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2
from tests.broker.live import WITHIN, event, set_up, stopped_after, told
from tests.broker.log import read
from tests.broker.service import sla_timer

PERSONAL = b"Li Lei 13800000000"
BINARY = [("content-type", b"application/json"), ("ce_specversion", b"1.0"), ("x", None), ("x", b"\xff")]


async def write(bootstrap: str, prefix: str, records: list[tuple]) -> None:
    """(partition, key, value, headers), in this order."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        for partition, key, value, headers in records:
            await producer.send_and_wait(
                f"{prefix}complaints.lifecycle", value, key, partition=partition, headers=headers
            )


async def aside(bootstrap: str, prefix: str, at_least: int) -> list:
    async with asyncio.timeout(WITHIN):
        while len(records := await read(bootstrap, f"{prefix}complaints.rejected")) < at_least:
            pass
    return records


@pytest.fixture
def env(bootstrap: str, prefix: str, tmp_path: Path) -> dict[str, str]:
    """Of a service that put aside one lost record, and one that was sent to the wrong partition twice."""
    env = set_up(bootstrap, prefix, tmp_path, partitions=2)
    wrong = 1 - murmur2(b"T1", 2)
    astray = (wrong, b"T1", event("T1", "received", now_ms() - 60_000), [("x", None), ("x", b"\xff")])
    bad = (wrong, PERSONAL, PERSONAL, BINARY)
    asyncio.run(write(bootstrap, prefix, [bad, astray, astray]))
    with stopped_after(env):
        asyncio.run(aside(bootstrap, prefix, at_least=3))
    return env


def test_a_list_says_why_and_where_and_only_raw_shows_what_they_say(env: dict[str, str], prefix: str) -> None:
    listed = sla_timer("rejected", "list", env=env)
    assert (listed.returncode, listed.stderr) == (0, "")
    wrong = 1 - murmur2(b"T1", 2)
    instant = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    first, second, _ = listed.stdout.splitlines()
    where = re.escape(f"{prefix}complaints.lifecycle {wrong}:")
    assert re.fullmatch(rf"{wrong}:0 +{instant}  not_json +{where}0  the value is not JSON in UTF-8", first)
    assert re.fullmatch(
        rf"{wrong}:1 +{instant}  wrong_partition +{where}1  partition is not the one .*", second
    )
    (only,) = sla_timer("rejected", "list", "--reason", "not_json", "--json", env=env).stdout.splitlines()
    assert json.loads(only) | {"rejected_at": None} == {
        "record": f"{wrong}:0",
        "rejected_at": None,
        "reason": "not_json",
        "field": None,
        "detail": "the value is not JSON in UTF-8",
        "topic": f"{prefix}complaints.lifecycle",
        "partition": wrong,
        "offset": 0,
    }

    name = f"{1 - murmur2(b'T1', 2)}:0"
    shown = sla_timer("rejected", "show", name, env=env)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Li Lei" not in shown.stdout
    sizes = json.loads(shown.stdout)
    assert (sizes["key_bytes"], sizes["value_bytes"], sizes["headers"]) == (18, 18, 4)
    raw = json.loads(sla_timer("rejected", "show", name, "--raw", env=env).stdout)
    assert (raw["key"], raw["value"]) == ("Li Lei 13800000000", "Li Lei 13800000000")
    assert raw["headers"][2:] == [["x", None], ["x", {"base64": "/w=="}]]


def test_a_record_sent_again_is_judged_and_one_that_is_still_bad_is_put_aside_again(
    env: dict[str, str], bootstrap: str, prefix: str
) -> None:
    wrong = 1 - murmur2(b"T1", 2)
    tried = sla_timer("rejected", "retry", "--all", "--dry-run", env=env)
    assert (tried.returncode, tried.stdout.splitlines()[-1]) == (0, "2 would be sent, 0 cannot be")
    assert len(asyncio.run(read(bootstrap, f"{prefix}complaints.lifecycle"))) == 3

    sent = sla_timer("rejected", "retry", "--reason", "wrong_partition", env=env)
    assert (sent.returncode, sent.stderr) == (0, "")
    assert sent.stdout.splitlines() == [
        f"{wrong}:1 sent as {1 - wrong}:0 to {prefix}complaints.lifecycle",
        f"{wrong}:2 is the same record as {wrong}:1: sent once",
        "1 sent, 0 cannot be",
    ]
    before, again = (
        next(
            record
            for record in asyncio.run(read(bootstrap, f"{prefix}complaints.lifecycle"))
            if which(record)
        )
        for which in (
            lambda record: (record.partition, record.offset) == (wrong, 1),
            lambda record: record.partition == 1 - wrong,
        )
    )
    assert (again.key, again.value, again.headers) == (before.key, before.value, before.headers)

    # Twice by mistake: the event counts once. And the bad one comes back with one set of reasons.
    assert sla_timer("rejected", "retry", f"{wrong}:1", f"{wrong}:0", env=env).returncode == 0
    with stopped_after(env):
        rows = asyncio.run(told(bootstrap, prefix, at_least=1))
        records = asyncio.run(aside(bootstrap, prefix, at_least=4))
    assert rows == [("T1", "breached", "minor", 1)]
    assert len(records) == 4
    back = next(
        record for record in records if record.partition == murmur2(PERSONAL, 2) and record.offset in (0, 3)
    )
    assert [name for name, _ in back.headers].count("sla_rejected_reason") == 1
    assert back.headers[:4] == tuple(BINARY)


def test_wrong_usage_is_told_in_one_line(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=2)
    for arguments, line in {
        ("retry",): "say which: PARTITION:OFFSET, --reason or --all",
        ("show", "first"): "'first' is no partition:offset",
        ("show", "0:99"): "has no record 0:99 (any more?)",
        ("list", "--reason", "bad"): "Invalid value for '--reason'",
    }.items():
        ended = sla_timer("rejected", *arguments, env=env)
        assert (ended.returncode, ended.stdout) == (2, "")
        (said,) = ended.stderr.splitlines()
        assert line in said
