"""Sends the help desk's webhooks to the gateway, as they happen."""

import asyncio
import http.client
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from service.clock import now_ms
from service.demo.help_desk import ENDPOINT, KEY, SIGNATURE, Webhook, body_of, signed
from service.errors import RefusalError

ANSWER_SECONDS = 10.0  # the gateway needs 3 s at most


class WebhookAnswer(NamedTuple):
    """What the gateway answered: `204`, `No Content`, and the line of its body."""

    status: int
    reason: str
    text: str


def lay_out(directory: Path) -> Path:
    """Write the gateway's configuration, its mapping and its secret. Return the path of the configuration."""
    place = directory / "gateway"
    place.mkdir()
    for file in (files("service.demo") / "gateway").iterdir():
        (place / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (place / "secret").write_text(KEY, encoding="utf-8")
    return place / "gateway.yaml"


def url_of(address: str) -> str:
    """Return where the help desk's webhooks go. `address`: host:port of the gateway."""
    return f"http://{address}/hooks/{ENDPOINT}"


async def send_webhooks(
    address: str, webhooks: Iterable[Webhook], told: Callable[[Webhook, WebhookAnswer], None]
) -> None:
    """Send each webhook when it is due. `told` gets each with its answer. Raises RefusalError."""
    loop, began, began_at = asyncio.get_running_loop(), asyncio.get_running_loop().time(), now_ms()
    for webhook in webhooks:
        await asyncio.sleep(began + webhook.sent / 1_000 - loop.time())
        body = body_of(webhook, began_at)
        told(webhook, await asyncio.to_thread(_send, address, body, forged=webhook.forged))


def _send(address: str, body: bytes, *, forged: bool) -> WebhookAnswer:
    connection = http.client.HTTPConnection(address, timeout=ANSWER_SECONDS)
    try:
        key = f"not-{KEY}" if forged else KEY
        connection.request("POST", f"/hooks/{ENDPOINT}", body, {SIGNATURE: signed(body, key)})
        answer = connection.getresponse()
        return WebhookAnswer(answer.status, answer.reason, answer.read().decode().strip())
    except (OSError, http.client.HTTPException) as error:
        raise RefusalError(f"the gateway does not answer: {error}") from None
    finally:
        connection.close()
