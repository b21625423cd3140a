"""The board as a process takes up what is published while it runs, and says what it cannot read."""

import asyncio
import re
from pathlib import Path

from schemas.instant import written
from service.clock import now_ms
from tests.broker.live import event, publish, set_up
from tests.broker.log import write
from tests.broker.service import running, sla_timer, until

MINUTE = 60_000  # ms
TAKEN_UP_WITHIN = 10_000  # ms: promised
ENDS_WITHIN = 20  # seconds
POLICY = """
policy: {id}
version: 1
effective_from: {since}
title: {{en: T}}
clocks: {{{id}-answer: {{start: received, stop: [response_started], levels: [{{level: minor, after: 1h}}]}}}}
agreement: {id}
"""


def put(directory: Path, id: str, since: int) -> None:
    (directory / "policies" / f"{id}.yaml").write_text(POLICY.format(id=id, since=written(since)))


def foot(page: str) -> str:
    found = re.search(r'<footer class="foot">(.*?)</footer>', page, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", "", found[1]).split())


def test_the_board_follows_what_is_published_without_a_restart(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=2)
    with (
        running(env | {"SLA_POLICIES": str(tmp_path / "nowhere")}, "board", "--http", "127.0.0.1:0") as (
            process,
            board,
        ),
        running(env) as (_, service),
    ):
        until(board, "/", lambda page: "quick version 1" in foot(page.text))
        until(service, "/readyz", lambda answer: answer.status_code == 200)
        received = now_ms() - MINUTE
        asyncio.run(publish(bootstrap, prefix, 2, [("T1", event("T1", "received", received))]))
        until(board, "/ticket?id=T1", lambda page: "quick" in page.text and "version 1" in page.text)

        since = now_ms() + 2 * MINUTE
        put(tmp_path, "coming", since)
        done = sla_timer("policies", "publish", env=env)
        assert (done.returncode, done.stderr) == (0, "")
        published_at = now_ms()
        until(board, "/", lambda page: "To come: coming version 1" in foot(page.text))
        assert now_ms() - published_at < TAKEN_UP_WITHIN

        put(tmp_path, "inner", received)
        done = sla_timer("policies", "publish", "--backdate", env=env)
        assert (done.returncode, done.stderr) == (0, "")
        until(board, "/ticket?id=T1", lambda page: "inner-answer" in page.text)
        assert process.poll() is None


def test_what_newer_software_published_ends_the_board_with_one_line(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=1)
    with running(env, "board", "--http", "127.0.0.1:0") as (process, _):
        asyncio.run(write(bootstrap, f"{prefix}sla.policies", [(0, b"test@1", b'{"of": "tomorrow"}')]))
        assert process.wait(ENDS_WITHIN) == 2
        *_, last = process.lines()
    assert last.startswith(f"sla-timer: topic {prefix}sla.policies, partition 0, offset ")
