"""`explain`: prints the arithmetic of every verdict on a ticket, for a person with a pocket calculator."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, TextIO

from service.errors import RefusalError
from service.events.fact import Fitted
from service.events.rejection import TOO_MANY_FACTS, Rejection
from service.events.structured import NamedTicket
from service.explain.derivation import derivation
from service.explain.records import Identity, RejectedEvent, TicketRecords
from service.explain.text import LANGUAGES, in_words
from service.offline.event_file import Problems, fit
from service.offline.json_lines import JsonLine, LineProblem
from service.sla.facts import Fact
from service.sla.history import FULL, add, identity
from service.sla.judge import END_OF_TIME
from service.sla.policy import Policies
from service.sla.state import key, names
from service.text.visible import visible, visible_json

UNREADABLE_ROW = "unreadable_row"  # beside the reasons of rejection


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

    Raises RefusalError when the file cannot be read.
    """
    known = _TicketInFile(events, err, tenant, ticket_id)
    known.read(events, stdin, mapping, err)
    at = END_OF_TIME if until is None else until
    explain_facts(
        ticket_id,
        tenant,
        known.facts,
        policies,
        at,
        as_json=as_json,
        lang=lang,
        out=out,
        records=known.records(),
    )
    return 1 if known.count or not known.facts else 0


class _TicketInFile(Problems):
    """What a file says of one ticket. It also keeps what the problems of the file are about."""

    def __init__(self, events: str, err: TextIO, tenant: str, ticket_id: str) -> None:
        super().__init__(events, err)
        self._tenant, self._ticket_id = tenant, ticket_id
        self.facts: list[Fact] = []
        self._codes: dict[Identity, list[Fitted]] = {}
        self._fitted_in: dict[int, list[Fitted]] = {}  # by line, until its event is taken
        self._rejected: list[RejectedEvent] = []
        self._tenants: set[str] = set()  # others that have this id

    def note(self, number: int, code: Fitted) -> None:
        """See Problems."""
        super().note(number, code)
        self._fitted_in.setdefault(number, []).append(code)

    def note_rejected(self, line: JsonLine, rejection: Rejection, named: NamedTicket) -> None:
        """See Problems."""
        if named.ticket_id == self._ticket_id and named.tenant in (None, self._tenant):
            self._reject(line.number, rejection)

    def tell_unreadable(self, problem: LineProblem) -> None:
        """See Problems. A row of an export that cannot be read is no event, so nothing else has noted it."""
        is_noted = any(one.line == problem.number for one in self._rejected)
        if problem.ticket == key(self._tenant, self._ticket_id) and not is_noted:
            self._rejected.append(
                RejectedEvent(UNREADABLE_ROW, problem.field, problem.reason, problem.number)
            )
        super().tell_unreadable(problem)

    def _reject(self, number: int, rejection: Rejection) -> None:
        self._rejected.append(RejectedEvent(rejection.reason, rejection.field, rejection.detail, number))

    def read(self, events: str, stdin: BinaryIO, mapping: Path | None, err: TextIO) -> None:
        """Read the file. Raises RefusalError when it cannot be read."""
        for event in fit(events, stdin=stdin, mapping=mapping, problems=self, err=err):
            fitted = self._fitted_in.pop(event.line.number, [])
            tenant, ticket_id = names(event.ticket)
            if ticket_id != self._ticket_id or event.is_sign:
                continue
            if tenant != self._tenant:
                self._tenants.add(tenant)
            elif add(self.facts, event.fact) is FULL:
                self._reject(event.line.number, TOO_MANY_FACTS)
                self.tell(LineProblem(event.line.number, None, TOO_MANY_FACTS.detail))
            else:
                known = self._codes.setdefault(identity(event.fact), [])
                known += [code for code in fitted if code not in known]

    def records(self) -> TicketRecords:
        """Return all but the facts."""
        return TicketRecords(
            self.file,
            rejected=self._rejected,
            other_tenants=sorted(self._tenants),
            codes=self._codes,
        )


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
    records: TicketRecords | None = None,
) -> None:
    """Explain a ticket by its facts, judged at `at` (ms), as JSON or as text in one of LANGUAGES.

    `state` says where a live service keeps the facts: topic, partition, offset, and `reflects`, its input
    so far. `records`: what else is known of the ticket.
    """
    if lang not in LANGUAGES:
        raise RefusalError(f"--lang {lang}: is none of {', '.join(LANGUAGES)}")
    explained = derivation(ticket_id, tenant, facts, policies, at, records=records)
    if state is not None:
        explained["state"] = dict(state)
    if as_json:
        out.write(visible_json(json.dumps(explained, ensure_ascii=False, indent=2)) + "\n")
    else:
        out.writelines(visible(line) + "\n" for line in in_words(explained, lang))
