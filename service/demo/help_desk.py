"""The demo's help desk: what it sends as webhooks, and when. One ticket breaches, one is answered in time."""

import base64
import hmac
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass

ENDPOINT = "desk"  # of service/demo/gateway/gateway.yaml
SIGNATURE = "X-Signature"
KEY = "made-up-secret"
ROUND_MS = 30_000  # from one pair of tickets to the next


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery. `sent` and `happened`: ms since the traffic began."""

    sent: int
    ticket: str
    event: str
    happened: int
    note: str = ""  # what a reader should know
    forged: bool = False  # signed with another key


def webhooks() -> Iterator[Webhook]:
    """Yield the deliveries without end, in the order in which they are sent."""
    for number in itertools.count():
        began = number * ROUND_MS
        breaching, answered = f"H-{2 * number + 1:04}", f"H-{2 * number + 2:04}"
        yield Webhook(began + 500, breaching, "received", began + 500)
        yield Webhook(began + 1_000, answered, "received", began + 1_000)
        yield Webhook(began + 1_500, answered, "received", began + 1_000, "the same again: counts once")
        yield Webhook(began + 2_000, breaching, "answered", began + 2_000, "forged", forged=True)
        yield Webhook(began + 2_500, answered, "answered", began + 2_500)
        yield Webhook(began + 5_000, answered, "escalated", began + 5_000)  # desk.yaml does not know it
        yield Webhook(began + 5_500, answered, "solved", began + 5_500)
        yield Webhook(began + 8_000, breaching, "answered", began + 8_000)
        yield Webhook(began + 9_500, breaching, "solved", began + 9_500)


def body_of(webhook: Webhook, began_at: int) -> bytes:
    """Return the body as JSON. `began_at` (ms): when the traffic began."""
    at = (began_at + webhook.happened) / 1_000
    return json.dumps(
        {"ticket": webhook.ticket, "event": webhook.event, "customer": "C-7", "at": at}
    ).encode()


def signed(body: bytes, key: str) -> str:
    """Return what the signature's header says of a body: its HMAC-SHA256 in base64."""
    return base64.b64encode(hmac.digest(key.encode(), body, "sha256")).decode()


def shell_command(url: str, ticket: str) -> str:
    """Return lines for a POSIX shell that sign and send one webhook, as curl and openssl do it."""
    return (
        f"""body='{{"ticket": "{ticket}", "event": "received", "customer": "C-7", "at": '$(date +%s)'}}'\n"""
        f"""curl -i {url} -d "$body" \\\n"""
        f"""  -H "{SIGNATURE}: $(printf %s "$body" | openssl dgst -sha256 -hmac {KEY} -binary | base64)\""""
    )
