"""All tickets from one set of partitions to another, and nothing is told twice."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from service.clock import now_ms
from tests.broker.live import event, publish, set_up, stopped_after, told
from tests.broker.log import read
from tests.broker.service import sla_timer

TICKETS = [f"T{number}" for number in range(12)]


@pytest.fixture
def env(bootstrap: str, prefix: str, tmp_path: Path) -> dict[str, str]:
    """Of a service with three partitions that told the first lapse of each ticket, and was stopped."""
    env = set_up(bootstrap, prefix, tmp_path, partitions=3)
    received = now_ms() - 60_000
    asyncio.run(
        publish(bootstrap, prefix, 3, [(ticket, event(ticket, "received", received)) for ticket in TICKETS])
    )
    with stopped_after(env):
        asyncio.run(told(bootstrap, prefix, at_least=len(TICKETS)))
    return env


def test_tickets_move_from_three_partitions_to_five_and_the_service_goes_on(
    env: dict[str, str], bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    dump = tmp_path / "state.jsonl"
    exported = sla_timer("state", "export", str(dump), env=env)
    assert exported.stderr.splitlines()[0] == f"{len(TICKETS)} tickets exported"
    head, *lines, end = map(json.loads, dump.read_bytes().splitlines())
    assert (head["sla_timer_state"], head["topic"], head["partitions"]) == (1, f"{prefix}sla.tickets", 3)
    assert sorted(line["ticket_id"] for line in lines) == sorted(TICKETS)
    assert end == {"tickets": len(TICKETS)}

    wider = f"wider-{prefix}"
    new = set_up(bootstrap, wider, tmp_path, partitions=5)
    assert sla_timer("policies", "publish", env=new).returncode == 0  # before there is state of tickets
    imported = sla_timer("state", "import", str(dump), env=new)
    assert (imported.returncode, imported.stderr) == (0, "")
    assert imported.stdout == f"{len(TICKETS)} tickets imported into 5 partitions of {wider}sla.tickets\n"

    # The same tickets, and the same of each.
    again = sla_timer("state", "export", env=new)
    assert sorted(again.stdout.splitlines()[1:]) == sorted(dump.read_text().splitlines()[1:])

    answers = [(ticket, event(ticket, "response_started", now_ms())) for ticket in TICKETS]
    with stopped_after(new):
        asyncio.run(publish(bootstrap, wider, 5, answers))
        rows = asyncio.run(told(bootstrap, wider, at_least=len(TICKETS)))
    assert rows == sorted([(ticket, "breach_settled", "minor", 2) for ticket in TICKETS], key=str)


def test_an_import_needs_an_empty_topic_and_a_whole_dump(
    env: dict[str, str], bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    dump = tmp_path / "state.jsonl"
    sla_timer("state", "export", str(dump), env=env)
    before = asyncio.run(read(bootstrap, f"{prefix}sla.tickets"))
    full = sla_timer("state", "import", str(dump), env=env)
    assert full.returncode == 2
    assert full.stderr.startswith(f"sla-timer: topic {prefix}sla.tickets: already holds tickets (partition ")

    part = tmp_path / "part.jsonl"
    part.write_bytes(b"".join(dump.read_bytes().splitlines(keepends=True)[:-1]))
    torn = sla_timer("state", "import", str(part), env=env)
    assert (torn.returncode, torn.stderr) == (
        2,
        f"sla-timer: {part}:{len(TICKETS) + 2}: the last line is missing: the dump is not whole\n",
    )
    assert len(asyncio.run(read(bootstrap, f"{prefix}sla.tickets"))) == len(before)


def test_an_import_waits_for_no_service_and_an_export_says_that_one_runs(
    env: dict[str, str], bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    dump = tmp_path / "state.jsonl"
    new = set_up(bootstrap, f"live-{prefix}", tmp_path, partitions=2)
    assert sla_timer("state", "export", str(dump), env=env).returncode == 0
    with stopped_after(new) as client:
        while client.get("/readyz").status_code != 200:
            pass
        refused = sla_timer("state", "import", str(dump), env=new)
        exported = sla_timer("state", "export", env=new)
    assert (refused.returncode, refused.stderr) == (
        2,
        f"sla-timer: group live-{prefix}group: a service is running: stop it first\n",
    )
    assert exported.returncode == 1
    assert "is running; its later announcements are missing here" in exported.stderr


@pytest.mark.parametrize(
    "how", ["cat {dump} | {command} /dev/stdin", "{command} - < {dump}", "{command} <(cat {dump})"]
)
def test_a_dump_may_come_through_a_pipe(
    env: dict[str, str], bootstrap: str, prefix: str, tmp_path: Path, how: str
) -> None:
    dump = tmp_path / "state.jsonl"
    assert sla_timer("state", "export", str(dump), env=env).returncode == 0
    new = set_up(bootstrap, f"piped-{prefix}", tmp_path, partitions=2)
    line = how.format(dump=dump, command=f"{sys.executable} -m service state import")
    done = subprocess.run(
        ["bash", "-c", line], env=new, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{len(TICKETS)} tickets imported into 2 partitions of piped-")

    torn = subprocess.run(
        ["bash", "-c", line.replace(f"{dump}", f"<(head -c 999 {dump})", 1)],
        env=new,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert torn.returncode == 2
    assert re.match("sla-timer: (standard input|/dev/stdin|/dev/fd/[0-9]+):[0-9]+: ", torn.stderr)


def test_an_export_that_fails_leaves_no_file_and_can_be_tried_again(
    env: dict[str, str], tmp_path: Path
) -> None:
    dump = tmp_path / "dumps" / "state.jsonl"
    dump.parent.mkdir()
    away = sla_timer("state", "export", str(dump), env=env | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
    assert (away.returncode, away.stderr.count("\n")) == (2, 1)
    assert list(dump.parent.iterdir()) == []
    assert sla_timer("state", "export", str(dump), env=env).returncode == 0
    assert list(dump.parent.iterdir()) == [dump]
    whole = dump.read_bytes()
    again = sla_timer("state", "export", str(dump), env=env)
    assert (again.returncode, again.stderr) == (2, f"sla-timer: {dump}: cannot be written: File exists\n")
    assert dump.read_bytes() == whole
