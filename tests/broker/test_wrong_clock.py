"""A process whose wall clock is wrong, at the start or later: nothing false, nothing early, and said."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import BREACHES, CLOCKS, DESKS, LIFECYCLE, POLICIES, TICKETS, TOPICS
from service.clock import now_ms
from service.kafka.codec.record import Record
from tests.broker.log import read, write
from tests.broker.rig import event
from tests.broker.service import Service, environment, running, sla_timer, until
from tests.broker.wrong_clock import set_ahead

TARGET, GRACE = 2_000, 500  # ms
HOUR = 3_600  # seconds, as everything that is set here
POLICY = """\
policy: seconds
version: 1
effective_from: 2020-01-01T00:00:00Z
title: {en: Two seconds}
match: {}
calendar: always
clocks:
  response: {clause: "1", start: received, stop: [response_started], levels: [{level: minor, after: 2s}]}
"""


@dataclass
class Stage:
    """A service with topics of its own, and the file that its clock goes by."""

    bootstrap: str
    prefix: str
    env: dict[str, str]
    clock: Path

    @contextmanager
    def service(self) -> Iterator[tuple[Service, httpx.Client]]:
        with running(self.env, module=("tests.broker.wrong_clock", str(self.clock))) as (process, client):
            until(client, "/startupz", lambda answer: answer.status_code == 200)
            yield process, client

    def publish(self, *events: tuple[str, bytes]) -> None:
        records = [(0, ticket.encode(), value) for ticket, value in events]
        asyncio.run(write(self.bootstrap, LIFECYCLE.named(self.prefix), records))

    def told(self, wanted: Callable[[dict[str, Any]], bool], within: float = 30) -> list[Record]:
        """All announcements, once there is one that is wanted."""
        topics = [topic.named(self.prefix) for topic in (BREACHES, CLOCKS)]
        by = now_ms() + within * 1_000
        while True:
            records = asyncio.run(read(self.bootstrap, *topics))
            if any(wanted(json.loads(record.value)) for record in records):
                return records
            assert now_ms() < by, [what(record) for record in records]


def of(ticket: str) -> Callable[[dict[str, Any]], bool]:
    return lambda value: value["ticket_id"] == ticket


def what(record: Record) -> tuple[str, str]:
    return json.loads(record.value)["ticket_id"], dict(record.headers)["ce_type"].decode()


def ready_with(clock: str | None, status: int) -> Callable[[httpx.Response], bool]:
    """True of an answer of /readyz that says so of the clock and judges all that is ours."""

    def holds(answer: httpx.Response) -> bool:
        said = answer.json()
        return (
            answer.status_code == status
            and set(said["partitions"].values()) == {"running"}
            and bool(re.fullmatch(clock, said["clock"]) if clock else "clock" not in said)
        )

    return holds


def said(process: Service) -> str:
    """All that it wrote to its log; it ends."""
    process.terminate()
    return "".join(process.lines())


@pytest.fixture
def stage(bootstrap: str, prefix: str, tmp_path: Path) -> Stage:
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "seconds.yaml").write_text(POLICY, encoding="utf-8")
    settings = environment(bootstrap, prefix, SLA_POLICIES=str(policies), SLA_GRACE=f"{GRACE}ms")
    set_ahead(tmp_path / "clock", 0)
    return Stage(bootstrap, prefix, settings, tmp_path / "clock")


@pytest.fixture
def by_the_log(stage: Stage) -> Stage:
    """Topics as `ensure` makes them."""
    assert sla_timer("topics", "ensure", "--partitions", "1", env=stage.env).returncode == 0
    return stage


@pytest.fixture
def by_the_writer(stage: Stage) -> Stage:
    """Topics as somebody else made them: records bear the time that their writer gave them."""

    async def create() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=stage.bootstrap)
        await admin.start()
        names = [topic.named(stage.prefix) for topic in TOPICS]
        config = {"message.timestamp.type": "CreateTime"}
        await admin.create_topics(
            [
                NewTopic(topic.named(stage.prefix), 1, 1, topic_configs={**topic.config, **config})
                for topic in TOPICS
            ]
        )
        while any(topic["error_code"] for topic in await admin.describe_topics(names)):
            pass
        await admin.close()

    asyncio.run(create())
    return stage


def lapse(stage: Stage, ticket: str) -> list[Record]:
    """A ticket that nobody answers, until its breach is told."""
    stage.publish(event(ticket, "received", now_ms()))
    return stage.told(of(ticket))


def not_early(records: list[Record], ticket: str) -> None:
    """It was told after its deadline and the grace by Kafka's clock, soon, and says when."""
    (record,) = [record for record in records if what(record)[0] == ticket]
    value = json.loads(record.value)
    due = value["due_at"]
    assert what(record) == (ticket, "sla.breached")
    assert 0 < record.timestamp - milliseconds(due) - GRACE < 2_000
    assert 0 < milliseconds(value["detected_at"]) - milliseconds(due) < GRACE + 2_000
    assert value["late_detection"] is False


def milliseconds(text: str) -> int:
    from schemas import instant

    return instant.milliseconds(instant.read(text))


def test_an_hour_ahead_from_the_start_tells_nothing_early_and_says_so(by_the_log: Stage) -> None:
    stage = by_the_log
    set_ahead(stage.clock, HOUR)
    with stage.service() as (process, client):
        until(client, "/readyz", ready_with(r"is 3[56]\d\d\.\d s ahead of Kafka's", 200))
        not_early(lapse(stage, "T1"), "T1")
        assert re.search(r"\nsla_clock_astray_seconds 3[56]\d\d\.", client.get("/metrics").text)
        log = said(process)
    assert log.count("ahead of Kafka's; deadlines go by Kafka's") == 1


def test_work_that_was_done_in_time_is_no_breach_though_the_clock_is_an_hour_ahead(by_the_log: Stage) -> None:
    stage = by_the_log
    set_ahead(stage.clock, HOUR)
    with stage.service() as (_, client):
        until(client, "/readyz", ready_with(r".*ahead.*", 200))
        received = now_ms()
        stage.publish(event("T1", "received", received))
        until(client, "/livez", lambda _: now_ms() >= received + TARGET - 100)
        stage.publish(event("T1", "response_started", received + TARGET - 100))
        assert [what(record) for record in stage.told(of("T1"))] == [("T1", "sla.met")]


def test_deadlines_that_lapsed_while_all_was_down_are_told_at_a_start_with_a_wrong_clock_none_before_its_time(
    by_the_log: Stage,
) -> None:
    stage = by_the_log
    with stage.service() as (_, client):
        until(client, "/readyz", ready_with(None, 200))
        stage.publish(event("T1", "received", now_ms() + 8_000))  # so it is armed
        until(
            client, "/metrics", lambda answer: re.search(r"sla_deadlines_armed{.*life.*} 1\.0", answer.text)
        )
    set_ahead(stage.clock, HOUR)
    with stage.service():
        not_early(stage.told(of("T1")), "T1")


def test_a_clock_put_right_while_it_runs_is_believed_again(by_the_log: Stage) -> None:
    stage = by_the_log
    set_ahead(stage.clock, HOUR)
    with stage.service() as (_, client):
        until(client, "/readyz", ready_with(r".*ahead.*", 200))
        set_ahead(stage.clock, 0)
        until(client, "/readyz", ready_with(None, 200))
        not_early(lapse(stage, "T1"), "T1")
        assert "\nsla_clock_astray_seconds 0.0\n" in client.get("/metrics").text


def test_an_hour_behind_from_the_start_tells_late_and_is_not_ready_for_that(by_the_log: Stage) -> None:
    stage = by_the_log
    set_ahead(stage.clock, -HOUR)
    with stage.service() as (process, client):
        until(client, "/readyz", ready_with(r"is 3[56]\d\d\.\d s behind Kafka's", 503))
        stage.publish(event("T1", "received", now_ms()))
        overdue = re.compile(r"sla_oldest_overdue_seconds{.*lifecycle\"} [1-9]")
        until(client, "/metrics", lambda answer: overdue.search(answer.text) is not None)
        set_ahead(stage.clock, 0)
        assert [what(record) for record in stage.told(of("T1"))] == [("T1", "sla.breached")]
        until(client, "/readyz", ready_with(None, 200))
        not_early(lapse(stage, "T2"), "T2")
        log = said(process)
    assert log.count("behind Kafka's; what is due may be announced that late") == 1


def test_two_days_behind_from_the_start_no_event_lies_in_the_future(by_the_log: Stage) -> None:
    stage = by_the_log
    set_ahead(stage.clock, -48 * HOUR)
    with stage.service() as (_, client):
        until(client, "/readyz", ready_with(r".*behind.*", 503))
        stage.publish(event("T1", "received", now_ms()), event("T1", "response_started", now_ms()))
        until(client, "/metrics", lambda answer: "sla_records_processed_total 2.0" in answer.text)
        assert not re.search(r"sla_records_rejected_total{.*} [1-9]", client.get("/metrics").text)


@pytest.mark.parametrize("topics", ["by_the_log", "by_the_writer"])
def test_announcements_go_on_though_the_clock_is_set_two_hours_ahead(
    topics: str, request: pytest.FixtureRequest
) -> None:
    stage: Stage = request.getfixturevalue(topics)
    with stage.service() as (process, client):
        until(client, "/readyz", ready_with(None, 200))
        lapse(stage, "T1")
        set_ahead(stage.clock, 2 * HOUR)
        (record,) = [one for one in lapse(stage, "T2") if what(one)[0] == "T2"]
        assert abs(record.timestamp - now_ms()) < 60_000
        log = said(process)
    assert "acquiring again" not in log
    assert log.count("wall clock") == 1


def test_who_cannot_know_kafkas_time_says_so_once(by_the_writer: Stage) -> None:
    stage = by_the_writer
    with stage.service() as (process, client):
        until(client, "/readyz", ready_with(None, 200))
        assert "\nsla_clock_compared 0.0\n" in client.get("/metrics").text
        lapse(stage, "T1")
        log = said(process)
    for topic in (TICKETS, DESKS):
        said_of_it = f"topic {topic.named(stage.prefix)}: message.timestamp.type is not LogAppendTime"
        assert log.count(said_of_it) == 1


def test_who_cannot_know_kafkas_time_and_is_refused_for_its_own_says_why_and_goes_on_once_it_is_right(
    by_the_writer: Stage,
) -> None:
    stage = by_the_writer
    with stage.service() as (_, client):  # publishes the policy
        until(client, "/readyz", ready_with(None, 200))
    set_ahead(stage.clock, 2 * HOUR)
    with stage.service() as (process, client):
        failed = next(line for line in process.lines() if "acquiring again" in line)
        assert "Kafka refuses the time stamps of this machine" in failed
        set_ahead(stage.clock, 0)
        until(client, "/readyz", lambda answer: answer.status_code == 200)
        assert [what(record) for record in lapse(stage, "T1")] == [("T1", "sla.breached")]


def test_a_policy_that_is_refused_for_the_time_it_bears_is_no_start_and_says_why(
    by_the_writer: Stage,
) -> None:
    stage = by_the_writer
    set_ahead(stage.clock, 2 * HOUR)
    command = [sys.executable, "-m", "tests.broker.wrong_clock", str(stage.clock), "run"]
    ended = subprocess.run(command, env=stage.env, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    topic = POLICIES.named(stage.prefix)
    assert ended.stderr.startswith(f"sla-timer: topic {topic}: Kafka refuses the time stamps of this machine")
