"""`report` from what the live service keeps and has told."""

import asyncio
import json
from pathlib import Path

from schemas.instant import milliseconds
from schemas.instant import read as read_instant
from service.clock import now_ms
from tests.broker.live import event, publish, set_up, stopped_after, told
from tests.broker.service import sla_timer


def test_the_log_is_reported_with_what_was_taken_back(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=2)
    received = now_ms() - 60_000
    first = [(ticket, event(ticket, "received", received)) for ticket in ("T1", "T2")]
    late = [
        ("T1", event("T1", "response_started", received + 500)),
        ("T1", event("T1", "satisfaction_submitted", received + 900, score=4)),
    ]
    with stopped_after(env):
        asyncio.run(publish(bootstrap, prefix, 2, first))
        asyncio.run(told(bootstrap, prefix, at_least=2))  # both breached
        asyncio.run(publish(bootstrap, prefix, 2, late))
        asyncio.run(told(bootstrap, prefix, at_least=4))  # T1 retracted, and met

    ended = sla_timer("report", "--format", "json", env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    document = json.loads(ended.stdout)
    found = {row["level"]: (row["met"], row["breached"], row["running"]) for row in document["totals"]}
    assert found == {"minor": (1, 1, 0), "major": (1, 0, 1)}
    assert [(row["answers"], row["mean"]) for row in document["satisfaction"]] == [(1, 4)]
    (taken_back,) = document["retractions"]
    assert [taken_back[name] for name in ("ticket_id", "level", "reason", "undone")] == [
        "T1",
        "minor",
        "late_fact",
        False,
    ]
    assert taken_back["cause_event_id"] == f"response_started-{received + 500}"
    assert [read["name"] for read in document["report"]["inputs"]] == [
        f"topic {prefix}sla.tickets",
        f"topic {prefix}sla.breaches",
    ]

    lines = "".join(value.decode() + "\n" for _, value in (*first, *late))
    (tmp_path / "events.jsonl").write_text(lines, encoding="utf-8")
    offline = sla_timer("report", str(tmp_path / "events.jsonl"), "--format", "json", env=env)
    said = json.loads(offline.stdout)["report"]
    assert said["facts_sha256"] == document["report"]["facts_sha256"], "the same facts"

    assert (said["complete_until"], said["complete"]) == (None, None)
    head = document["report"]
    assert received < milliseconds(read_instant(head["complete_until"])) <= now_ms()
    assert head["complete"] is False  # there is no end to the range

    table = sla_timer("report", "--to", "2026-01-01", env=env)
    assert "Nothing was due in this range." in table.stdout
    assert f"due before {head['complete_until']} is announced: this range is complete." in table.stdout
