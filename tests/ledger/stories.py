"""Short ways to say what happened and what it costs."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from service.ledger.breach import Breach, read_breach
from service.ledger.tariff import Tariffs
from service.ledger.tariff_file import in_order, read_tariff

DUE = "2026-10-05T02:30:00.000Z"
RANKS = {"minor": 1, "major": 2}
TARIFF: Mapping[str, Any] = {
    "tariff": "t",
    "version": 1,
    "rates": [
        {"clock": "response", "level": "minor", "amount": {"CNY": "50.00"}},
        {"clock": "response", "level": "major", "amount": {"CNY": "200.00"}},
    ],
    "accounts": {"acme/*": {"currency": "CNY", "monthly_fee": "299.90"}},
}


def said(ticket: str = "T-1", level: str = "minor", **changes: Any) -> dict[str, Any]:
    """The data of an event, with the fields that the ledger reads."""
    data: dict[str, Any] = {
        "epoch": 1,
        "revision": 1,
        "tenant": "acme",
        "ticket_id": ticket,
        "customer_id": "C-1",
        "cycle": 1,
        "clock": "response",
        "level": level,
        "rank": RANKS.get(level),
        "supersedes": None,
        "due_at": DUE,
        "policy": {"id": "letter"},
        "zone": "Asia/Shanghai",
    } | changes
    name = [data[field] for field in ("tenant", "ticket_id", "cycle", "clock", "level")]
    return {"breach_id": str(uuid5(NAMESPACE_URL, json.dumps(name)))} | data


def breached(ticket: str = "T-1", level: str = "minor", **changes: Any) -> Breach:
    breach = read_breach("sla.breached", said(ticket, level, **changes))
    assert breach is not None
    return breach


def retracted(ticket: str = "T-1", level: str = "minor", **changes: Any) -> Breach:
    breach = read_breach("sla.breach_retracted", said(ticket, level, **{"revision": 2, **changes}))
    assert breach is not None
    return breach


def tariffs(*versions: Mapping[str, Any]) -> Tariffs:
    """Of the default tariff with these changes, each a version; without any, as it is."""
    files = [json.dumps({**TARIFF, **one}).encode() for one in versions or ({},)]
    return in_order(read_tariff(f"v{number}.yaml", raw, _no_file) for number, raw in enumerate(files, 1))


def _no_file(name: str) -> bytes:
    raise FileNotFoundError(2, "No such file or directory", name)
