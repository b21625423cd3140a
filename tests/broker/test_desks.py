"""A support desk on a real broker, judged by the service as a process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from schemas.instant import written
from service.clock import now_ms
from tests.broker.live import WITHIN
from tests.broker.log import read, write
from tests.broker.service import environment, running, sla_timer

GRACE = 1_000  # ms
POLICY = """
policy: desk
version: 1
effective_from: {since}
desks: [support]
heartbeat_timeout: 500ms
clocks:
  technical_support: {{clause: "2.3.4", min_open: 1, levels: [{{level: major, after: 1s}}]}}
"""

Told = tuple[str, int, int]  # type, outage, revision


def sign(instant: int, kind: str = "heartbeat") -> tuple[int, bytes, bytes]:
    body = {
        "specversion": "1.0",
        "id": f"{kind}-{instant}",
        "source": "/pbx",
        "type": f"channel.{kind}",
        "subject": "support",
        "time": written(instant),
        "data": {"channel": "phone"},
    }
    return 0, b"support", json.dumps(body).encode()


@asynccontextmanager
async def listening(bootstrap: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    async with consumer:
        yield consumer


async def heard(consumer: AIOKafkaConsumer, type_: str, outage: int | None = None) -> tuple[dict, int]:
    """The data of the next event of this type (about this outage), and when it could be read (ms)."""
    async with asyncio.timeout(WITHIN):
        async for record in consumer:
            data = json.loads(record.value)
            told = dict(record.headers)["ce_type"].decode()
            if told == type_ and outage in (None, data["cycle"]):
                return data, now_ms()
    raise AssertionError


async def test_silence_is_told_in_time_and_taken_back_by_a_late_heartbeat_and_survives_a_kill(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    began = now_ms()
    (tmp_path / "desk.yaml").write_text(POLICY.format(since=written(began)))
    env = environment(bootstrap, prefix, SLA_POLICIES=str(tmp_path), SLA_INSTANCE="one")
    assert sla_timer("topics", "ensure", env=env).returncode == 0
    channels, breaches = f"{prefix}support.channels", f"{prefix}sla.breaches"
    async with listening(bootstrap, breaches) as consumer:
        with running(env) as (process, client):
            while client.get("/readyz").status_code != 200:
                assert now_ms() < began + WITHIN * 1_000
            last = now_ms() + 3_000  # signs may be dated ahead: nobody has to wait to send them
            instants = range(began, last, 400)
            last = instants[-1]
            await write(bootstrap, channels, [sign(instant) for instant in instants])
            data, seen_at = await heard(consumer, "sla.breached", last + 500)
            due = last + 1_500
            assert (data["ticket_id"], data["due_at"]) == ("support", written(due))
            assert due + GRACE < seen_at <= due + GRACE + 1_000

            await write(bootstrap, channels, [sign(last + 300)])
            data, _ = await heard(consumer, "sla.breach_retracted")
            assert (data["cycle"], data["reason"]) == (last + 500, "late_fact")
            assert data["cause"] == {"source": "/pbx", "event_id": f"heartbeat-{last + 300}"}
            await heard(consumer, "sla.breached", last + 800)
            process.kill()
        back = now_ms()
        with running(env):
            await write(bootstrap, channels, [sign(back, "opened")])
            data, _ = await heard(consumer, "sla.breach_settled", last + 800)
            assert (data["revision"], data["stopped_at"]) == (2, written(back))
            await heard(consumer, "sla.breached", back + 500)
    told = sorted(
        (data["cycle"], data["revision"])
        for record in await read(bootstrap, breaches)
        for data in [json.loads(record.value)]
    )
    before = [row for row in told if row[0] < last]  # out until its first sign, if that took long enough
    assert told[len(before) :] == [
        (last + 500, 1),
        (last + 500, 2),
        (last + 800, 1),
        (last + 800, 2),
        (back + 500, 1),
    ]


async def test_a_bad_sign_is_put_aside_and_a_desk_that_never_spoke_is_out_from_the_first_instant(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    since = now_ms() - 60_000
    (tmp_path / "desk.yaml").write_text(POLICY.format(since=written(since)))
    env = environment(bootstrap, prefix, SLA_POLICIES=str(tmp_path))
    assert sla_timer("topics", "ensure", env=env).returncode == 0
    await write(bootstrap, f"{prefix}support.channels", [(0, b"other", sign(since)[2])])
    async with listening(bootstrap, f"{prefix}sla.breaches") as consumer:
        with running(env):
            data, _ = await heard(consumer, "sla.breached")
    assert (data["cycle"], data["evidence"]) == (since, [])
    (rejected,) = await read(bootstrap, f"{prefix}complaints.rejected")
    headers = dict(rejected.headers)
    assert headers["sla_rejected_reason"] == b"key_not_subject"
    assert headers["sla_rejected_topic"] == f"{prefix}support.channels".encode()
