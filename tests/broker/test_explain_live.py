"""`explain` from what the live service keeps."""

import asyncio
import json
import re
from pathlib import Path

from service.clock import now_ms
from service.kafka.codec.partitioner import murmur2
from tests.broker.live import POLICY, event, publish, set_up, stopped_after, told
from tests.broker.service import environment, sla_timer


def test_a_ticket_is_explained_from_the_committed_state(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=3)
    received = now_ms() - 60_000
    events = [
        ("T1", event("T1", "received", received)),
        ("T1", event("T1", "response_started", received + 30_000)),
        ("T2", event("T2", "received", received)),
    ]
    asyncio.run(publish(bootstrap, prefix, 3, events))
    with stopped_after(env):
        asyncio.run(told(bootstrap, prefix, at_least=3))
    partition = murmur2(b"T1", 3)

    text = sla_timer("explain", "T1", env=env)
    assert (text.returncode, text.stderr) == (0, "")
    where = rf"State: {re.escape(prefix)}sla.tickets partition {partition} offset \d+, with "
    assert re.search(where, text.stdout)
    assert f"(/desk received-{received}, partition {partition} offset 0, logged " in text.stdout
    assert "(end) is after " in text.stdout
    assert "overrun 29.000 s" in text.stdout

    answered = json.loads(sla_timer("explain", "T1", "--json", env=env).stdout)
    assert answered["state"]["partition"] == partition
    levels = answered["cycles"][0]["clocks"][0]["levels"]
    assert [(level["level"], level["state"]) for level in levels] == [("minor", "breached"), ("major", "met")]

    open_ = json.loads(sla_timer("explain", "T2", "--json", env=env).stdout)
    levels = open_["cycles"][0]["clocks"][0]["levels"]
    assert [level["state"] for level in levels] == ["breached", "running"]

    other = sla_timer("explain", "T1", "--tenant", "acme", env=env)
    assert (other.returncode, other.stderr) == (1, "")
    assert f"No verdict: {prefix}complaints.lifecycle has no record of this ticket." in other.stdout
    assert "Other tenants that have a ticket of this id: default" in other.stdout

    changed = POLICY.replace("2h", "3h")
    (tmp_path / "policies" / "quick.yaml").write_text(changed, encoding="utf-8")
    assert sla_timer("explain", "T1", "--json", env=env).stdout.count("breached") == 1  # by what is published


def test_without_topics_it_says_so(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    (tmp_path / "quick.yaml").write_text(POLICY, encoding="utf-8")
    ended = sla_timer("explain", "T1", env=environment(bootstrap, prefix, SLA_POLICIES=str(tmp_path)))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"sla-timer: topic {prefix}sla.tickets: missing; create it with: sla-timer topics ensure; "
        "or set SLA_TOPIC_PREFIX to that of the service\n"
    )
