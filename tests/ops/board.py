"""A real board over real Kafka: topics, a policy, the service and the board as processes, and a browser."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from service.clock import now_ms
from service.demo.broker import Broker
from tests.broker.live import event, publish, stopped_after
from tests.broker.service import environment, sla_timer, until
from tests.ops.debian import program

PARTITIONS = 3
MINUTE = 60_000  # ms
SCRIPT = "<img/src=x/onerror=alert(1)>"  # a ticket id that is legal, and no part of a page

POLICY = """
policy: pauses
version: 1
effective_from: 2026-01-01T00:00:00Z
title: {en: Promise with pauses, zh: 可暂停的承诺}
stalled_after: 45m
clocks:
  response:
    clause: "2.3.2"
    start: received
    stop: [response_started]
    levels: [{level: warning, after: 80%}, {level: minor, after: 30m}, {level: major, after: 1h}]
  resolution:
    clause: "2.3.3"
    start: received
    stop: [feedback_delivered]
    pause: true
    levels: [{level: warning, after: 80%}, {level: minor, after: 2h}, {level: major, after: 4h}]
"""


@dataclass
class Site:
    """Where it is."""

    kafka: Broker
    url: str
    env: dict[str, str]
    directory: Path

    def publish(self, *events: bytes) -> None:
        """Events to the input topic, by the command: a browser's test has no event loop to spare."""
        file = self.directory / "events.jsonl"
        file.write_bytes(b"\n".join(events))
        done = sla_timer("publish", str(file), env=self.env)
        assert done.returncode == 0, done.stderr

    def write(self, ticket: str, value: bytes) -> None:
        """An event of a help desk's own making, byte for byte; `publish` would make its codes fit."""
        prefix = self.env["SLA_TOPIC_PREFIX"]
        with ThreadPoolExecutor(1) as elsewhere:  # a browser has the loop of this thread
            sent = publish(self.kafka.bootstrap, prefix, PARTITIONS, [(ticket, value)])
            elsewhere.submit(asyncio.run, sent).result()


def ago(ticket: str, kind: str, minutes: float, **data: object) -> bytes:
    """Something that happened to a ticket so many minutes ago."""
    return event(ticket, kind, now_ms() - int(minutes * MINUTE), **data)


@contextmanager
def site(kafka: Broker, directory: Path) -> Iterator[Site]:
    """A service and a board that have caught up, and an open ticket for every state there is."""
    policies = directory / "policies"
    policies.mkdir()
    (policies / "pauses.yaml").write_text(POLICY, encoding="utf-8")
    prefix = f"board-{now_ms()}."
    env = environment(kafka.bootstrap, prefix, SLA_POLICIES=str(policies), SLA_GRACE="200ms")
    made = sla_timer("topics", "ensure", "--partitions", str(PARTITIONS), env=env)
    assert made.returncode == 0, made.stderr
    with stopped_after(env) as service, board(env, "--service", str(service.base_url)) as client:
        found = Site(kafka, str(client.base_url), env, directory)
        found.publish(
            ago("breached-1", "received", 40),
            ago("risky-1", "received", 27, channel="email"),
            ago("over-1", "received", 300),
            ago("done-1", "received", 20),
            ago("done-1", "feedback_delivered", 19),
            ago("paused-1", "received", 10),
            ago("paused-1", "response_started", 9),
            ago("paused-1", "paused", 8, reason="customer"),
            ago(SCRIPT, "received", 6),
        )
        found.write("running-1", ago("running-1", "received", 5, region="east", priority=1))
        until(client, "/", lambda answer: "6 of 6" in answer.text)
        yield found


@contextmanager
def board(env: dict[str, str], *flags: str) -> Iterator[httpx.Client]:
    """A board from when it listens."""
    with stopped_after(env, "board", "--http", "127.0.0.1:0", *flags) as client:
        yield client


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and every warning and error in its console: there should be none."""
    page, said = context.new_page(), []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in ("warning", "error") else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
    return page, said
