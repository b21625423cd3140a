"""The scenarios of scenarios.json, each a small story of breaches and closes, with the money it must come to.

`tariff`: the tariff of all; a scenario's own `tariff` overrides its keys.
`steps`: events as in `sla.breaches`, without the fields that billing does not read, and closes of months.
`expect`: the net `lines` of the journal; the `documents` in their order, where `corrects` "1" is the first
document of the scenario; `unpriced`: how many breaches are held. The amounts were worked out by hand.
`why` says what a scenario is for; `gap` is a note. An item that nets to zero is listed if a document has it.
"""

import json
from pathlib import Path
from typing import Any

from service.ledger.assess import assess
from service.ledger.book import book
from service.ledger.breach import read_breach
from service.ledger.close import close
from service.ledger.document import Document
from service.ledger.lines import LineKey
from service.ledger.money import amount_text
from service.ledger.tariff import Tariffs
from service.ledger.tariff_file import in_order, read_tariff
from tests.ledger.ledgers import Ledger

_READ = json.loads(Path(__file__).with_name("scenarios.json").read_text(encoding="utf-8"))
SCENARIOS: dict[str, dict[str, Any]] = {one["name"]: one for one in _READ["scenarios"]}
AT = 1_796_000_000_000  # ms


def tariffs(changes: dict[str, Any]) -> Tariffs:
    said = json.dumps({**_READ["tariff"], **changes})
    return in_order([read_tariff("tariff.yaml", said.encode(), lambda _: b"")])


def played(ledger: Ledger, scenario: dict[str, Any]) -> dict[str, Any]:
    """What the ledger says after the steps, in the form of `expect`."""
    by = tariffs(scenario["tariff"])
    documents: list[Document] = []
    for number, step in enumerate(scenario["steps"]):
        with ledger.begin() as journal:
            if "close" in step:
                documents += close(journal, step["close"], AT + number).documents
            elif breach := read_breach(step["event"]["type"], step["event"]["data"]):
                book(journal, [breach], by, AT + number)
    with ledger.begin() as journal:
        net = dict(journal.posted())
        unpriced = assess(journal.told(), by).held_breaches
    printed = {
        LineKey(one.issue.account, one.issue.month, item, one.issue.currency)
        for one in documents
        for item, _ in one.issue.items
    }
    lines = [_line(key, amount) for key, amount in net.items() if amount or key in printed]
    return {"lines": _sorted(lines), "documents": _documents(documents), "unpriced": unpriced}


def expected(scenario: dict[str, Any]) -> dict[str, Any]:
    return {**scenario["expect"], "lines": _sorted(scenario["expect"]["lines"])}


def _line(key: LineKey, amount: int) -> dict[str, Any]:
    return {
        "tenant": key.account.tenant,
        "customer": key.account.customer,
        "month": key.month,
        "item": key.item,
        "amount": amount_text(amount, key.currency),
        "currency": key.currency,
    }


def _sorted(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: (line["tenant"], line["customer"], line["month"], line["item"]))


def _documents(documents: list[Document]) -> list[dict[str, Any]]:
    place = {(one.tenant, one.number): str(number) for number, one in enumerate(documents, 1)}
    return [
        {
            "kind": str(one.kind),
            "tenant": one.tenant,
            "customer": one.issue.account.customer,
            "month": one.issue.month,
            "total": amount_text(one.issue.total, one.issue.currency),
            "currency": one.issue.currency,
            "corrects": place[one.tenant, one.corrects] if one.corrects else None,
        }
        for one in documents
    ]
