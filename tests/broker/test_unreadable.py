"""Records in our own topics that we did not write: each command says in one line which, and ends with 2."""

import asyncio
import re
from pathlib import Path

import pytest

from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2
from tests.broker.live import event, publish, set_up, stopped_after, told
from tests.broker.log import write
from tests.broker.service import sla_timer

READ_ALL = (["report"], ["state", "export"])


@pytest.fixture
def env(bootstrap: str, prefix: str, tmp_path: Path) -> dict[str, str]:
    """Of a service that told of one ticket, T1, and was stopped."""
    settings = set_up(bootstrap, prefix, tmp_path, partitions=2)
    asyncio.run(publish(bootstrap, prefix, 2, [("T1", event("T1", "received", now_ms() - 60_000))]))
    with stopped_after(settings):
        asyncio.run(told(bootstrap, prefix, at_least=1))
    return settings


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (b"\xff", b"{}", "key 0xff: its key is not UTF-8"),
        (b"T9@def", b"\x01", "key T9@def: its value is no state of a ticket"),
        (b"T9@def", b"\x01" + 40 * b"\xc1", "key T9@def: its value is no state of a ticket"),
        (b"T9@def", b"\x03" + 40 * b"\0", "key T9@def: the changelog holds state of version 3"),
    ],
    ids=["key", "short", "content", "newer"],
)
def test_an_unreadable_state_is_named_by_all_that_read_all(
    env: dict[str, str], bootstrap: str, prefix: str, tmp_path: Path, key: bytes, value: bytes, said: str
) -> None:
    asyncio.run(write(bootstrap, f"{prefix}sla.tickets", [(1, key, value)]))
    place = rf"sla-timer: topic {re.escape(prefix)}sla\.tickets, partition 1, offset \d+, {re.escape(said)}"
    for command in READ_ALL:
        done = sla_timer(*command, env=env)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert re.match(place, done.stderr)
    dump = tmp_path / "dump"
    assert sla_timer("state", "export", str(dump), env=env).returncode == 2
    assert not dump.exists()
    assert sla_timer("explain", "T1", env=env).returncode == 0  # it asks for another ticket only

    tombstone = [(1, key, None)]
    asyncio.run(write(bootstrap, f"{prefix}sla.tickets", tombstone))  # what the runbook says heals it
    assert [sla_timer(*command, env=env).returncode for command in READ_ALL] == [0, 0]


def test_an_unreadable_state_is_named_by_who_asks_for_that_ticket(
    env: dict[str, str], bootstrap: str, prefix: str
) -> None:
    partition = murmur2(b"T1", 2)
    asyncio.run(write(bootstrap, f"{prefix}sla.tickets", [(partition, b"T1@default", b"\x01")]))
    done = sla_timer("explain", "T1", env=env)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f", partition {partition}, offset " in done.stderr
    assert ", key T1@default: its value is no state of a ticket" in done.stderr


@pytest.mark.parametrize(
    ("topic", "commands"),
    [
        ("sla.breaches", [["report"]]),
        ("sla.policies", [["report"], ["explain", "T1"], ["run"], ["board"]]),
    ],
)
def test_a_record_that_we_did_not_write_is_named(
    env: dict[str, str], bootstrap: str, prefix: str, topic: str, commands: list[list[str]]
) -> None:
    headers = [("ce_type", b"sla.breached")]
    asyncio.run(write(bootstrap, f"{prefix}{topic}", [(0, b"T9\x1b", b"{}")], headers))
    for command in commands:
        done = sla_timer(*command, env=env)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert done.stderr.startswith(f"sla-timer: topic {prefix}{topic}, partition 0, offset ")
        assert ", key T9<U+001B>: " in done.stderr


def test_a_rejected_record_may_say_anything(env: dict[str, str], bootstrap: str, prefix: str) -> None:
    names = ("reason", "field", "detail", "topic", "partition", "offset")
    headers = [(f"sla_rejected_{name}", "\x1b[2J\u202e\n\u2028\x9b".encode() + b"\xff") for name in names]
    asyncio.run(write(bootstrap, f"{prefix}complaints.rejected", [(0, b"\x1b", b"\x1b\xc2\x9b")], headers))
    for command in (
        ["list"],
        ["list", "--json"],
        ["show", "0:0"],
        ["show", "0:0", "--raw"],
        ["retry", "--all"],
    ):
        done = sla_timer("rejected", *command, env=env)
        assert "Traceback" not in done.stderr
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028]", done.stdout + done.stderr)
        if command == ["list"]:
            assert done.stdout.count("\n") == 1
