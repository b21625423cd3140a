"""Closing a month: statements for it, and notes on months that were closed before and changed since.

How it works: a document is the difference between what was posted and what documents say already. So closing
again says nothing new, and what came and went between two closes is never printed.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.instant import written
from service.errors import RefusalError
from service.ledger.breach import Account
from service.ledger.document import Document, DocumentKind, Issue, note_kind, sealed
from service.ledger.journal import Journal
from service.ledger.lines import Amounts

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Closing:
    """What a close gave."""

    documents: Sequence[Document]  # in the order in which they were numbered
    left: Sequence[Issue]  # corrections that came too late for a note: for a person


def close(journal: Journal, month: str, at: int, final_after: int | None = None) -> Closing:
    """Close a month, such as `2026-10`, at an instant (ms), and issue what is outstanding of closed months.

    A correction more than `final_after` ms after the close of its month is left. None: never.
    Raises RefusalError for a text that is no month, and when `at` is before the last document.
    """
    if not _MONTH.fullmatch(month):
        raise RefusalError(f"{month}: is no month; write for example 2026-10")
    closed = journal.closed()
    if month not in closed:
        journal.close(month, at)
    documents: list[Document] = []
    left: list[Issue] = []
    last: dict[str, Document | None] = {}
    for issue in _issues(journal.undocumented()):
        tenant, closed_at = issue.account.tenant, closed.get(issue.month)
        if closed_at is not None and final_after is not None and at - closed_at > final_after:
            left.append(issue)
            continue
        if tenant not in last:
            last[tenant] = journal.last_document(tenant)
        before = last[tenant]
        if before and at < before.issued_at:
            raise RefusalError(
                f"the clock says {written(at)}, and document {before.number} of tenant {tenant} "
                f"was issued at {written(before.issued_at)}: set the clock right"
            )
        if closed_at is None:
            kind, corrects = DocumentKind.STATEMENT, None
        else:
            kind = note_kind(issue.total)
            corrects = journal.first_document(issue.account, issue.month, issue.currency)
        last[tenant] = document = sealed(kind, issue, corrects, at, before)
        documents.append(document)
    journal.issue(documents)
    return Closing(documents, left)


def _issues(amounts: Amounts) -> Sequence[Issue]:
    """Return what each account is to be told of each month: by tenant, month, customer and currency."""
    items: dict[tuple[str, str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for key in sorted(amounts):
        place = (key.account.tenant, key.month, key.account.customer, key.currency)
        items[place].append((key.item, amounts[key]))
    return [
        Issue(Account(tenant, customer), month, currency, tuple(items[tenant, month, customer, currency]))
        for tenant, month, customer, currency in sorted(items)
    ]
