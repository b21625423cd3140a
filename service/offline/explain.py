"""`explain`: prints the arithmetic of every verdict on a ticket, for a person with a pocket calculator."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, TextIO

from service.errors import RefusalError
from service.explain.derivation import derivation
from service.explain.text import LANGUAGES, in_words
from service.offline.event_file import Problems, fit, tickets
from service.sla.facts import Fact
from service.sla.judge import END_OF_TIME
from service.sla.policy import Policies
from service.sla.state import key
from service.text.visible import visible, visible_json


def explain(
    ticket_id: str,
    *,
    events: str,
    policies: Policies,
    tenant: str = "default",
    until: int | None = None,
    mapping: Path | None = None,
    as_json: bool = False,
    lang: str = "en",
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Explain a ticket by the events of a file (`-`: standard input). Return the exit code.

    Raises RefusalError when the file cannot be read, or has no event of the ticket.
    """
    problems = Problems(events, err)
    found = fit(events, stdin=stdin, mapping=mapping, problems=problems, err=err)
    ours = (event for event in found if event.ticket == key(tenant, ticket_id))
    facts = tickets(ours, problems).get(key(tenant, ticket_id))
    if not facts:
        raise RefusalError(f"{events}: has no event of ticket {ticket_id} of tenant {tenant}")
    at = END_OF_TIME if until is None else until
    explain_facts(ticket_id, tenant, facts, policies, at, as_json=as_json, lang=lang, out=out)
    return 1 if problems.count else 0


def explain_facts(
    ticket_id: str,
    tenant: str,
    facts: Iterable[Fact],
    policies: Policies,
    at: int,
    *,
    as_json: bool,
    lang: str,
    out: TextIO,
    state: Mapping[str, object] | None = None,
) -> None:
    """Explain a ticket by its facts, judged at `at` (ms), as JSON or as text in one of LANGUAGES.

    `state` says where a live service keeps the facts: topic, partition, offset, and `reflects`, its input
    so far.
    """
    if lang not in LANGUAGES:
        raise RefusalError(f"--lang {lang}: is none of {', '.join(LANGUAGES)}")
    explained = derivation(ticket_id, tenant, facts, policies, at)
    if state is not None:
        explained["state"] = dict(state)
    if as_json:
        out.write(visible_json(json.dumps(explained, ensure_ascii=False, indent=2)) + "\n")
    else:
        out.writelines(visible(line) + "\n" for line in in_words(explained, lang))
