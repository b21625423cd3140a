"""`backfill`: a history gives the ids of the webhooks, and only what is missing changes anything."""

import asyncio
import json
from pathlib import Path

import pytest
from aiokafka import ConsumerRecord

from schemas.instant import read_milliseconds
from schemas.topics import LIFECYCLE
from tests.broker.log import read
from tests.broker.service import sla_timer
from tests.broker.test_gateway import gateway, send, set_up
from tests.gateway.configured import MAPPINGS
from tests.gateway.samples import FOLDERS, PRODUCTS, SAMPLES, samples

WITHIN = 20  # seconds


def identities(bootstrap: str, prefix: str, at_least: int = 0) -> dict[tuple[str, str], set[str]]:
    """By source and id the contents that readers see, once these are so many: markers come later."""
    found: dict[tuple[str, str], set[str]] = {}
    for record in asyncio.run(_read(bootstrap, LIFECYCLE.named(prefix), at_least)):
        event = json.loads(record.value or b"")
        found.setdefault((event["source"], event["id"]), set()).add(json.dumps(event, sort_keys=True))
    return found


async def _read(bootstrap: str, topic: str, at_least: int) -> list[ConsumerRecord]:
    async with asyncio.timeout(WITHIN):
        while len(records := await read(bootstrap, topic)) < at_least:
            pass
    return records


@pytest.mark.parametrize("product", PRODUCTS)
def test_15_a_history_has_the_ids_and_contents_of_the_webhooks(
    bootstrap: str, prefix: str, tmp_path: Path, product: str
) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    desk = FOLDERS[product]
    history = SAMPLES / desk / "history.json"
    command = ("backfill", str(MAPPINGS / f"{desk}.yaml"), str(history))
    wanted = len((SAMPLES / desk / "expected-history.jsonl").read_text().splitlines())
    first = sla_timer(*command, "--dry-run", env=env)
    assert first.returncode == 0, first.stderr
    assert len(first.stdout.splitlines()) == wanted
    assert identities(bootstrap, prefix) == {}

    with gateway(env) as (_, client):
        for sample in samples(product):
            send(client, sample)
    of_webhooks = identities(bootstrap, prefix)
    told = [json.loads(line) for line in sla_timer(*command, "--dry-run", env=env).stdout.splitlines()]
    new = {(event["source"], event["id"]) for event in told}
    assert not new & of_webhooks.keys()

    sent = sla_timer(*command, env=env)
    assert (sent.returncode, sent.stdout) == (0, f"{wanted} events sent\n")
    both = identities(bootstrap, prefix, at_least=len(of_webhooks) + wanted)
    assert both.keys() == of_webhooks.keys() | new
    assert all(len(contents) == 1 for contents in both.values())
    again = sla_timer(*command, "--dry-run", env=env)
    assert again.stdout == ""
    assert f"0 of {wanted} events are new" in again.stderr


def test_15_since_an_instant_and_from_standard_input(bootstrap: str, prefix: str, tmp_path: Path) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    rows = [json.loads(line) for line in (SAMPLES / "zammad/expected-history.jsonl").read_text().splitlines()]
    times = sorted(read_milliseconds(row["time"]) or 0 for row in rows)
    middle = rows[4]["time"]
    at = read_milliseconds(middle) or 0
    command = ("backfill", str(MAPPINGS / "zammad.yaml"), str(SAMPLES / "zammad/history.json"))
    sent = sla_timer(*command, "--since", middle, env=env)
    assert sent.stdout == f"{sum(time >= at for time in times)} events sent\n"


def test_15_a_history_of_which_a_part_cannot_be_mapped_is_not_sent_unless_partially(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path)
    text = (SAMPLES / "zammad/history.json").read_text(encoding="utf-8")
    moment = json.loads(text)["history"][0]["created_at"]
    history = tmp_path / "history.json"
    history.write_text(text.replace(moment, "yesterday", 1), encoding="utf-8")
    command = ("backfill", str(MAPPINGS / "zammad.yaml"), str(history))
    refused = sla_timer(*command, env=env)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "cannot be mapped" in refused.stderr
    assert "--partial sends the rest" in refused.stderr
    assert identities(bootstrap, prefix) == {}
    partly = sla_timer(*command, "--partial", env=env)
    assert partly.returncode == 1
    assert identities(bootstrap, prefix, at_least=1)
