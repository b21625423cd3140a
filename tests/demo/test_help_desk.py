"""The demo's help desk: what its webhooks are answered, and what they say."""

import asyncio
import json
from itertools import islice, pairwise
from pathlib import Path

import httpx
import pytest

from service.demo.help_desk import KEY, ROUND_MS, SIGNATURE, Webhook, body_of, signed, webhooks
from service.demo.run import _introduction
from service.demo.send_webhooks import lay_out, url_of
from service.gateway.gateway_file import read_sources
from service.gateway.routes import Hooks
from tests.gateway.fake_log import FakeLog
from tests.gateway.house import NOW, Told

MANY = list(islice(webhooks(), 45))
ROUND = [webhook for webhook in MANY if webhook.sent < ROUND_MS]
RESPONSE, MAJOR, RESOLUTION = 3_000, 6_000, 12_000  # ms: levels of the demo's policy


@pytest.fixture
def played(tmp_path: Path) -> tuple[list[int], FakeLog]:
    """The answers to the first round, and what they left in the log."""
    log = FakeLog()
    sources = read_sources(lay_out(tmp_path), open_to_others=True)
    hooks = Hooks(sources, log, Told(), now=lambda: NOW, seconds=lambda: 0.0)

    async def play() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(hooks)) as client:
            return [(await client.post(url_of("desk"), **sent(webhook))).status_code for webhook in ROUND]

    return asyncio.run(play()), log


def sent(webhook: Webhook) -> dict[str, object]:
    body = body_of(webhook, NOW)
    return {"content": body, "headers": {SIGNATURE: signed(body, "not-" + KEY if webhook.forged else KEY)}}


def test_each_webhook_gets_the_answer_that_it_is_there_to_show(played: tuple[list[int], FakeLog]) -> None:
    assert [(webhook.event, status) for webhook, status in zip(ROUND, played[0], strict=True)] == [
        ("received", 204),
        ("received", 204),
        ("received", 204),
        ("answered", 401),
        ("answered", 204),
        ("escalated", 202),
        ("solved", 204),
        ("answered", 204),
        ("solved", 204),
    ]


def test_what_is_sent_twice_has_one_identity(played: tuple[list[int], FakeLog]) -> None:
    values = [value for _, value in played[1].events]
    assert len(values) == 7
    assert len(set(values)) == len({json.loads(value)["id"] for value in values}) == 6


def test_only_the_event_that_the_mapping_lacks_is_a_dead_letter(played: tuple[list[int], FakeLog]) -> None:
    ((_, body, _),) = played[1].letters
    assert json.loads(body)["event"] == "escalated"


def test_one_ticket_breaches_and_the_next_keeps_its_promises() -> None:
    def after(ticket: str, event: str) -> int:
        found = {one.event: one.happened for one in ROUND if one.ticket == ticket and not one.forged}
        return found[event] - found["received"]

    assert after("H-0001", "answered") > MAJOR
    assert after("H-0002", "answered") < RESPONSE
    assert after("H-0002", "solved") < RESOLUTION


def test_webhooks_are_sent_in_order_and_never_before_they_happened() -> None:
    assert all(earlier.sent < later.sent for earlier, later in pairwise(MANY))
    assert all(webhook.happened <= webhook.sent for webhook in MANY)


def test_each_round_has_tickets_of_its_own() -> None:
    assert len({webhook.ticket for webhook in MANY}) == 2 * len(MANY) // len(ROUND)


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("", "KAFKA_BOOTSTRAP_SERVERS=h:1 "),
        ("demo-1.", "KAFKA_BOOTSTRAP_SERVERS=h:1 SLA_TOPIC_PREFIX=demo-1. "),
    ],
)
def test_the_command_for_dead_letters_names_the_broker_and_the_prefix_of_the_demo(
    prefix: str, shown: str
) -> None:
    text = _introduction("h:2", {"KAFKA_BOOTSTRAP_SERVERS": "h:1", "SLA_TOPIC_PREFIX": prefix})
    (line,) = (line for line in text.splitlines() if line.endswith(" gateway dead list"))
    assert line.startswith(f"  {shown}")
