"""A scale-in that is said hands over at once; a restart of the same instance moves nothing."""

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

import httpx
import pytest

from service.clock import now_ms
from service.kafka.client.leave_group_request import Leaver, leave
from service.kafka.topics.members import instance_of, members
from tests.broker.live import event, publish, set_up, told
from tests.broker.log import read
from tests.broker.service import STARTS_WITHIN, STOPS_WITHIN, running, sla_timer

PARTITIONS = 4  # and one of support.channels
ALL = PARTITIONS + 1
SESSION = 10.0  # seconds: what a crash costs
AT_ONCE = SESSION / 2  # bar of these tests, on a machine that does much else; docs/chaos.md has figures


@dataclass
class Process:
    """One of the group."""

    process: "subprocess.Popen[str]"
    client: httpx.Client

    def owned(self) -> set[str]:
        """The partitions that it judges; none while one of them does not run."""
        try:
            answer = self.client.get("/readyz")
        except httpx.ConnectError:  # it listens, but does not answer yet
            return set()
        return set(answer.json()["partitions"]) if answer.status_code == 200 else set()

    def rebalances(self) -> float:
        found = re.search(r"^sla_rebalances_total (\S+)$", self.client.get("/metrics").text, re.MULTILINE)
        assert found
        return float(found[1])

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        assert self.process.wait(STOPS_WITHIN) == (-signal.SIGKILL if how is signal.SIGKILL else 0)


@contextmanager
def started(env: dict[str, str], instance: str | None = None, **settings: str) -> Iterator[Process]:
    named = {"SLA_INSTANCE": instance} if instance else {}
    with running(env | named | settings) as (process, client):
        yield Process(process, client)


def wait(holds: Callable[[], bool], within: float = STARTS_WITHIN) -> float:
    """Gives how long that took."""
    began = monotonic()
    while not holds():
        assert monotonic() - began < within
    return monotonic() - began


def shared(*processes: Process) -> bool:
    owned = [process.owned() for process in processes]
    return all(owned) and len(set().union(*owned)) == ALL == sum(map(len, owned))


@pytest.fixture
def env(bootstrap: str, prefix: str, tmp_path: Path) -> dict[str, str]:
    return set_up(bootstrap, prefix, tmp_path, PARTITIONS)


def lapse(bootstrap: str, prefix: str) -> int:
    """Tickets in all partitions whose deadline and grace end in a moment; gives how many."""
    received = now_ms() - 1_900
    tickets = [f"T{number}" for number in range(40)]
    events = [(ticket, event(ticket, "received", received + 200)) for ticket in tickets]
    asyncio.run(publish(bootstrap, prefix, PARTITIONS, events))
    return len(tickets)


def late(bootstrap: str, prefix: str, since: int) -> float:
    """Seconds after `since` (ms) until the last breach was detected."""
    detected = [
        datetime.fromisoformat(json.loads(record.value)["detected_at"]).timestamp()
        for record in asyncio.run(read(bootstrap, f"{prefix}sla.breaches"))
        if record.value
    ]
    return max(detected) - since / 1000


@pytest.mark.parametrize(
    ("instance", "settings"),
    [("going", {"SLA_ON_STOP": "leave"}), (None, {})],
    ids=["told to leave", "without an instance"],
)
def test_who_leaves_at_its_end_hands_over_at_once(
    bootstrap: str, prefix: str, env: dict[str, str], instance: str | None, settings: dict[str, str]
) -> None:
    with started(env, "staying") as staying, started(env, instance, **settings) as going:
        wait(lambda: shared(staying, going))
        expected, since = lapse(bootstrap, prefix), now_ms()
        going.process.send_signal(signal.SIGTERM)
        assert wait(lambda: shared(staying)) < AT_ONCE
        assert going.process.wait(STOPS_WITHIN) == 0
        rows = asyncio.run(told(bootstrap, prefix, at_least=expected))
        assert late(bootstrap, prefix, since) < AT_ONCE
        assert rows == sorted([(f"T{n}", "breached", "minor", 1) for n in range(expected)], key=str)


def test_a_restart_of_the_same_instance_moves_nothing(env: dict[str, str]) -> None:
    with started(env, "staying") as staying:
        with started(env, "back") as before:
            wait(lambda: shared(staying, before))
            kept, moved, rebalances = staying.owned(), before.owned(), staying.rebalances()
            before.end(signal.SIGTERM)
        with started(env, "back") as after:
            wait(lambda: after.owned() == moved)
            assert staying.owned() == kept
            assert staying.rebalances() == rebalances


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_leave_hands_over_what_an_ended_process_had(
    bootstrap: str, prefix: str, env: dict[str, str], how: signal.Signals
) -> None:
    with started(env, "staying") as staying, started(env, "gone") as gone:
        wait(lambda: shared(staying, gone))
        gone.end(how)
        began = monotonic()
        left = sla_timer("leave", "gone", env=env)
        assert (left.returncode, left.stdout, left.stderr) == (0, f"gone: out of group {prefix}group\n", "")
        wait(lambda: shared(staying))
        assert monotonic() - began < AT_ONCE + 3  # it looks for three seconds whether the process is back


def test_leave_says_of_a_living_process_that_it_has_joined_again_and_no_breach_is_lost_or_told_twice(
    bootstrap: str, prefix: str, env: dict[str, str]
) -> None:
    with started(env, "one") as one, started(env, "two") as two:
        wait(lambda: shared(one, two))
        expected = lapse(bootstrap, prefix)
        left = sla_timer("leave", "two", env=env)
        assert (left.returncode, left.stdout) == (1, f"two: out of group {prefix}group\n")
        assert left.stderr == "two: is alive and has joined again; stop it first\n"
        wait(lambda: shared(one, two))
        rows = asyncio.run(told(bootstrap, prefix, at_least=expected))
        assert rows == sorted([(f"T{n}", "breached", "minor", 1) for n in range(expected)], key=str)
        for process in (one, two):
            assert process.process.poll() is None


def test_leave_says_who_is_there_when_it_does_not_find_the_instance(env: dict[str, str]) -> None:
    group = env["SLA_GROUP"]
    nobody = sla_timer("leave", "two", env=env)
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert nobody.stderr == f"two: no member of group {group}, which has none\n"
    with started(env, "one") as one:
        wait(lambda: shared(one))
        missing = sla_timer("leave", "two", env=env)
        assert (missing.returncode, missing.stdout) == (1, "")
        assert missing.stderr == f"two: no member of group {group}, which has one\n"


async def test_who_leaves_by_its_own_id_does_not_take_out_another_that_has_its_name(
    bootstrap: str, env: dict[str, str]
) -> None:
    reach, group = {"bootstrap_servers": [bootstrap]}, env["SLA_GROUP"]
    with started(env, "one") as one:
        await asyncio.to_thread(wait, lambda: shared(one))
        (member,) = await members(reach, group)
        assert list(await leave(reach, group, [Leaver("one", "one-of-before")])) == ["one"]
        assert await members(reach, group) == [member]
        assert await leave(reach, group, [Leaver(instance_of(member), member)]) == {}
