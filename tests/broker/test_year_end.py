"""A calendar year that is published while processes run: the tickets that wait for it get due instants."""

import asyncio
from pathlib import Path

from schemas.instant import milliseconds
from schemas.instant import read as read_instant
from service.clock import now_ms
from tests.broker.live import event, publish, set_up, told
from tests.broker.service import running, sla_timer

TAKEN_UP_WITHIN = 10_000  # ms: promised
CALENDAR = """
calendar: office
timezone: UTC
week:
  mon: [["09:00", "17:00"]]
  tue: [["09:00", "17:00"]]
  wed: [["09:00", "17:00"]]
  thu: [["09:00", "17:00"]]
  fri: [["09:00", "17:00"]]
"""
POLICY = """
policy: quick
version: 1
effective_from: 2025-01-01T00:00:00Z
title: {en: Quick}
calendar: office
clocks:
  response:
    start: received
    stop: [response_started]
    levels: [{level: minor, after: 1 working day}, {level: major, after: 5 working days}]
"""
RECEIVED = milliseconds(read_instant("2025-12-29T10:00:00Z"))
TICKETS = [f"T{number}" for number in range(8)]


def frozen(directory: Path, *years: int) -> None:
    calendars = directory / "policies" / "calendars"
    calendars.mkdir(exist_ok=True)
    (calendars / "office.yaml").write_text(f"{CALENDAR}years: {[*years]}\n")


def test_two_processes_take_a_year_up_without_a_restart(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=2)
    (tmp_path / "policies" / "quick.yaml").write_text(POLICY)
    frozen(tmp_path, 2025)
    one, other = (env | {"SLA_INSTANCE": name} for name in ("one", "other"))
    with running(one) as (first, _), running(other) as (second, _):
        asyncio.run(
            publish(bootstrap, prefix, 2, [(name, event(name, "received", RECEIVED)) for name in TICKETS])
        )
        known = asyncio.run(told(bootstrap, prefix, at_least=len(TICKETS)))
        assert known == [(name, "breached", "minor", 1) for name in TICKETS]

        frozen(tmp_path, 2025, 2026)
        done = sla_timer("policies", "publish", env=env)
        assert (done.returncode, done.stderr) == (0, "")
        published_at = now_ms()
        found = asyncio.run(told(bootstrap, prefix, at_least=2 * len(TICKETS)))
        assert now_ms() - published_at < TAKEN_UP_WITHIN
        assert (first.poll(), second.poll()) == (None, None)
    assert found == sorted([*known, *[(name, "breached", "major", 1) for name in TICKETS]], key=str)
