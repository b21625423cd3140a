"""A help-desk log through the real service, killed on the way: billing reads what the batch judge says."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from bench.history import lines
from service.demo.broker import Broker
from tests.broker.log import read
from tests.broker.service import POLICIES, environment, running, sla_timer
from tests.sla.stories import DAY, at

MAPPING = Path(__file__).parents[2] / "mappings" / "helpdesk.yaml"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "helpdesk.csv"
SETTLED_WITHIN = 180.0  # seconds
# A warning is told only while it can still help: whether it was depends on when the service looked.
FINAL = ("sla.breached", "sla.breach_settled", "sla.met", "sla.cancelled")
TAKEN_BACK = ("sla.breach_retracted", "sla.corrected")
ON_THE_WAY = ("type", "epoch", "revision", "breach_id", "detected_at", "late_detection", "evidence")
PHONE = """
policy: phone
version: 1
effective_from: 2010-01-01T00:00:00Z
match: {channel: phone}
calendar: office
stalled_after: 2h
clocks:
  result:
    start: received
    stop: [feedback_delivered]
    pause: [customer]
    levels: [{level: warning, after: 80%}, {level: minor, after: 2h}, {level: major, after: 6h}]
  answer:
    start: received
    stop: [response_started]
    levels: [{level: minor, after: 2 working days}]
  follow_up:
    start: feedback_delivered
    stop: [followed_up]
    levels: [{level: minor, after: 1h}]
"""
OFFICE = """
calendar: office
timezone: Europe/Rome
week: {mon: [["09:00", "18:00"]], tue: [["09:00", "18:00"]], wed: [["09:00", "12:00"], ["13:00", "18:00"]]}
"""


def net(records: list) -> dict[str, dict]:
    """breach_id -> what its latest revision says, if it stands.

    No revision may be there twice, and nothing is taken back: the file was sent by whole tickets.
    """
    told: dict[str, dict] = {}
    seen: Counter[tuple[str, int]] = Counter()
    for record in records:
        data = json.loads(record.value)
        data["type"] = dict(record.headers)["ce_type"].decode()
        assert data["type"] not in TAKEN_BACK, data
        seen[data["breach_id"], data["revision"]] += 1
        if data["revision"] > told.get(data["breach_id"], data | {"revision": 0})["revision"]:
            told[data["breach_id"]] = data
    assert [twice for twice, times in seen.items() if times > 1] == []
    return {name: row for name, row in told.items() if row["type"] in FINAL}


def judged(env: dict[str, str], log: Path, options: list[str]) -> dict[str, dict]:
    """breach_id -> what `simulate` says of it."""
    command = ["simulate", str(log), "--policies", env["SLA_POLICIES"], *options]
    found = sla_timer(*command, env=env)
    assert (found.returncode, found.stderr) == (0, "")
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    return {row["breach_id"]: row for row in rows if row["type"] in FINAL}


def same(breaches: dict[str, dict]) -> dict[str, dict]:
    """What billing charges from. The way decides why a revision was made, not why a clock was cancelled."""
    return {
        name: {key: value for key, value in row.items() if key not in _left_out(row)} | {"type": row["type"]}
        for name, row in breaches.items()
    }


def _left_out(row: dict) -> set[str]:
    return {*ON_THE_WAY, *(() if row["type"] == "sla.cancelled" else ("reason", "cause"))}


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """The letter, in force before the first of these events; for the phone, hours and pauses count."""
    letter = (POLICIES / "letter-1.yaml").read_text().replace("2026-01-01", "2010-01-01")
    (tmp_path / "policies" / "calendars").mkdir(parents=True)
    (tmp_path / "policies" / "letter-1.yaml").write_text(letter)
    (tmp_path / "policies" / "phone.yaml").write_text(PHONE)
    (tmp_path / "policies" / "calendars" / "office.yaml").write_text(OFFICE)
    return tmp_path / "policies"


async def told(kafka: Broker, prefix: str, at_least: int) -> None:
    """Wait until readers see so many announcements."""
    async with asyncio.timeout(SETTLED_WITHIN):
        while len(await read(kafka.bootstrap, f"{prefix}sla.breaches", f"{prefix}sla.clocks")) < at_least:
            pass


def through_kafka(
    kafka: Broker, env: dict[str, str], log: Path, options: list[str], kills: int
) -> dict[str, dict]:
    """Publish `log`, run the service, kill it `kills` times, each time further on; what stands in the end."""
    prefix, expected = env["SLA_TOPIC_PREFIX"], judged(env, log, options)
    assert sla_timer("topics", "ensure", "--partitions", "3", env=env).returncode == 0
    publish = [sys.executable, "-m", "service", "publish", str(log), *options]
    with subprocess.Popen(publish, env=env, stdout=subprocess.DEVNULL) as publishing:
        for kill in range(kills):
            with running(env):  # ends it with SIGKILL
                asyncio.run(told(kafka, prefix, len(expected) * (kill + 1) // (kills + 2)))
        assert publishing.wait() == 0
    with running(env):
        asyncio.run(told(kafka, prefix, len(expected)))
        return asyncio.run(standing(kafka, prefix, expected))


async def standing(kafka, prefix: str, expected: dict[str, dict]) -> dict[str, dict]:
    """What stands once it is what was expected, or when time is up."""
    loop = asyncio.get_running_loop()
    until, found = loop.time() + SETTLED_WITHIN, {}
    while loop.time() < until:
        found = net(await read(kafka.bootstrap, f"{prefix}sla.breaches", f"{prefix}sla.clocks"))
        if same(found) == same(expected):
            break
    return found


@pytest.mark.parametrize("kills", [0, 2])
def test_a_generated_log_gives_the_breaches_of_the_batch_judge(kafka, prefix, policies, tmp_path, kills):
    log = tmp_path / "events.jsonl"
    log.write_text("\n".join(lines(1_500, begin=at("00:00") - 900 * DAY, seed=kills)))
    env = environment(kafka.bootstrap, prefix, SLA_POLICIES=str(policies), SLA_INSTANCE="one")
    assert same(through_kafka(kafka, env, log, [], kills)) == same(judged(env, log, []))


@pytest.mark.skipif(not SHARED.exists(), reason="no help-desk log beside the project")
def test_a_real_help_desk_log_gives_the_breaches_of_the_batch_judge(kafka, prefix, policies):
    env = environment(kafka.bootstrap, prefix, SLA_POLICIES=str(policies), SLA_INSTANCE="one")
    expected = judged(env, SHARED, ["--mapping", str(MAPPING)])
    found = through_kafka(kafka, env, SHARED, ["--mapping", str(MAPPING)], kills=2)
    assert same(found) == same(expected)
    assert len({row["ticket_id"] for row in found.values()}) >= 4_000
