"""The demo: starts Kafka, service, board and gateway, plays help desks, prints all that is announced."""

import asyncio
import json
import os
import shlex
import signal
import sys
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from textwrap import indent

from schemas.instant import written
from schemas.topics import BREACHES, CHANNELS, CLOCKS, LIFECYCLE
from service.clock import now_ms
from service.demo import broker_config as kraft
from service.demo import processes as child
from service.demo.broker import Broker, broker
from service.demo.console import HEADING, coloured, line, webhook_line, words
from service.demo.help_desk import Webhook, shell_command, webhooks
from service.demo.process_guard import ProcessGuard
from service.demo.publish import publish
from service.demo.send_webhooks import WebhookAnswer, lay_out, send_webhooks, url_of
from service.demo.traffic import heartbeats, traffic
from service.kafka.client.options import connection
from service.kafka.topics.ensure import ensure
from service.kafka.topics.tail import Committed, tailing
from service.processes.signals import asked_to_end, when_asked_to_end
from service.settings import Settings, read_settings

PARTITIONS = 3
# Stands in the policy file. It is replaced, so that no outage begins before the desk's first heartbeat.
DESK_PROMISED_SINCE = "2020-01-01T00:00:01Z"
SETTLED_MS = 30_000  # until everything runs
INTRODUCTION = """\
Letter 1 with a tenth of a second for every minute: respond within 3 s (major: 6 s), solve general complaints
within 12 s (major: 24 s), give complex ones a preliminary solution within 24 s. Some tickets are answered on
time, some late, some never; of some the answer is recorded late, and a breach is taken back. A support desk
must have two channels open (or breaks its promise after 5 s); its phone falls silent now and then.

The tickets H-… are of a help desk that sends webhooks. Be a help desk, too, in another terminal:

{curl}

204 means that Kafka has the event; sent again, it counts once. {ticket} is on the board at once, and breached
below after 3 s, unless "answered" follows in time. What cannot be mapped (202) is kept, and listed by:

  {dead_letters}

Ctrl-C ends it all."""
YOUR_TICKET = "MY-1"


def demo(*, seconds: float | None = None, seed: int = 1) -> int:
    """Run until Ctrl-C, SIGTERM or SIGHUP, or for `seconds` of traffic. Return the exit code.

    All started processes have ended when it returns. Raises RefusalError: no Kafka, or the service fails.
    """
    for end in asked_to_end():
        signal.signal(end, signal.default_int_handler)  # every such signal raises KeyboardInterrupt
    with suppress(KeyboardInterrupt):
        _say("starting Kafka")
        with broker() as kafka, ProcessGuard() as guard:
            _say(f"{kafka.origin}: {kafka.bootstrap}")
            asyncio.run(_play(guard, _environment(kafka, guard.directory), seconds, seed))
    return 0


def _environment(kafka: Broker, directory: Path) -> dict[str, str]:
    """Return the service's environment: ours, with SLA_ variables replaced and KAFKA_ variables kept."""
    policies = directory / "policies"
    policies.mkdir()
    for policy in (files("service.demo") / "policies").iterdir():
        text = policy.read_text(encoding="utf-8").replace(DESK_PROMISED_SINCE, written(now_ms() + SETTLED_MS))
        (policies / policy.name).write_text(text, encoding="utf-8")
    name = f"demo-{uuid.uuid4().hex[:6]}"
    shared = kafka.bootstrap == os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    return {key: value for key, value in os.environ.items() if not key.startswith("SLA_")} | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "SLA_TOPIC_PREFIX": f"{name}." if shared else "",
        "SLA_GROUP": name,
        "SLA_INSTANCE": name,
        "SLA_POLICIES": str(policies),
        "SLA_GRACE": "0s",
        "SLA_HTTP": f"127.0.0.1:{kraft.free_ports(1)[0]}",
    }


async def _play(
    guard: ProcessGuard, environment: Mapping[str, str], seconds: float | None, seed: int
) -> None:
    task = asyncio.current_task()
    assert task
    when_asked_to_end(asyncio.get_running_loop(), task.cancel)
    settings = read_settings(environment)
    with suppress(asyncio.CancelledError):
        await ensure(connection(settings), settings.topic_prefix, PARTITIONS)
        url = f"http://{environment['SLA_HTTP']}"
        board, hooks = (f"127.0.0.1:{port}" for port in kraft.free_ports(2))
        sources = str(lay_out(guard.directory))
        async with (
            child.running(guard, environment, "run") as service,
            child.running(guard, {**environment, "SLA_HTTP": board}, "board", "--service", url) as watched,
            child.running(
                guard, {**environment, "SLA_HTTP": hooks, "SLA_GATEWAY": sources}, "gateway"
            ) as gate,
        ):
            _say(f"\nThe board, live:  http://{board}/\nThe gateway:      {url_of(hooks)}")
            _say(f"The metrics:      {url}/metrics, of the gateway http://{hooks}/metrics")
            _say(f"\n{_introduction(hooks, environment)}\n\n{HEADING}")
            await _traffic(settings, child.watch(service, watched, gate), hooks, seconds, seed)


def _introduction(hooks: str, environment: Mapping[str, str]) -> str:
    needed = ("KAFKA_BOOTSTRAP_SERVERS", "SLA_TOPIC_PREFIX")
    variables = " ".join(f"{name}={shlex.quote(environment[name])}" for name in needed if environment[name])
    return INTRODUCTION.format(
        curl=indent(shell_command(url_of(hooks), YOUR_TICKET), "  "),
        ticket=YOUR_TICKET,
        dead_letters=f"{variables} {_program()} gateway dead list",
    )


def _program() -> str:
    """Return how this program was called, for a command to copy."""
    called = Path(sys.argv[0])
    return f"{sys.executable} -m service" if called.name == "__main__.py" else str(called)


async def _traffic(
    settings: Settings, watching: Awaitable[None], hooks: str, seconds: float | None, seed: int
) -> None:
    kafka, prefix, told = connection(settings), settings.topic_prefix, Counter[str]()

    def hooked(webhook: Webhook, answer: WebhookAnswer) -> None:
        status = f"{answer.status} {answer.reason}"
        _print("webhook", webhook_line(webhook.ticket, webhook.event, status, webhook.note, answer.text))
        told[f"webhook {answer.status}"] += 1

    outputs = [topic.named(prefix) for topic in (BREACHES, CLOCKS)]
    async with tailing(kafka, outputs) as announcements:
        doing = [
            asyncio.ensure_future(it)
            for it in (
                watching,
                _tell(announcements, told),
                publish(settings, LIFECYCLE, traffic(seed)),
                publish(settings, CHANNELS, heartbeats()),
                send_webhooks(hooks, webhooks(), hooked),
            )
        ]
        try:
            ended, _ = await asyncio.wait(doing, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
            for it in ended:
                it.result()
        finally:
            for it in doing:
                it.cancel()
            await asyncio.wait(doing)
            _say(
                "\n"
                + (", ".join(f"{count} {what}" for what, count in sorted(told.items())) or "no announcements")
            )


async def _tell(announcements: AsyncIterator[Committed], told: Counter[str]) -> None:
    async for announcement in announcements:
        assert announcement.value
        event = announcement.headers["ce_type"].decode()
        if event == "sla.progress":  # about no ticket
            continue
        _print(event, line(event, json.loads(announcement.value), seen_at=now_ms()))
        told[words(event)] += 1


def _print(event: str, text: str) -> None:
    _say(coloured(event, text) if sys.stdout.isatty() else text)


def _say(text: str) -> None:
    print(text, flush=True)
