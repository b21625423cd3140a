"""Documents: what an account is told of a month, in a chain for each tenant without gaps.

A statement is the first word on a month. Whatever changes later is a note of its own: nothing is rewritten.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.ledger.breach import Account
from service.strict_yaml.document import canonical_json


class DocumentKind(StrEnum):
    """What a document is to its account."""

    STATEMENT = "statement"
    CREDIT_NOTE = "credit_note"  # the account is owed more than it was told, or as much for other items
    DEBIT_NOTE = "debit_note"  # the account was told too much


@dataclass(frozen=True, slots=True)
class Issue:
    """What a document is about, before it has a number."""

    account: Account
    month: str  # `2026-10`
    currency: str
    items: Sequence[tuple[str, int]]  # in order, minor units, none of them 0

    @property
    def total(self) -> int:
        """The sum of the items."""
        return sum(amount for _, amount in self.items)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was issued. It never changes."""

    number: int  # 1, 2, … for each tenant
    kind: DocumentKind
    issue: Issue
    corrects: int | None  # the number of the first document on the same month; None: it is the first
    issued_at: int  # ms
    previous: str | None  # the seal of the tenant's document before
    sha256: str  # over all of the above

    @property
    def tenant(self) -> str:
        """The tenant that numbers it."""
        return self.issue.account.tenant


def note_kind(total: int) -> DocumentKind:
    """Return the kind of a correction."""
    return DocumentKind.DEBIT_NOTE if total < 0 else DocumentKind.CREDIT_NOTE


def sealed(
    kind: DocumentKind, issue: Issue, corrects: int | None, issued_at: int, before: Document | None
) -> Document:
    """Return the document that follows `before`, the last one of the tenant."""
    number, previous = (before.number + 1, before.sha256) if before else (1, None)
    seal = _seal(number, kind, issue, corrects, issued_at, previous)
    return Document(number, kind, issue, corrects, issued_at, previous, seal)


def chain_problems(documents: Iterable[Document]) -> list[str]:
    """Return what is wrong with all documents of one tenant, in the order of their numbers.

    A chain cannot show that its last documents are missing.
    """
    problems: list[str] = []
    before: Document | None = None
    for number, one in enumerate(documents, 1):
        if one.number != number:
            problems.append(f"document {number} is missing: {one.number} comes in its place")
            break
        if one.previous != (before.sha256 if before else None):
            problems.append(f"document {number} does not follow the document before it: one was changed")
        said = (one.number, one.kind, one.issue, one.corrects, one.issued_at, one.previous)
        if one.sha256 != _seal(*said):
            problems.append(f"document {number} is not what was sealed: it was changed")
        before = one
    return problems


def _seal(
    number: int,
    kind: DocumentKind,
    issue: Issue,
    corrects: int | None,
    issued_at: int,
    previous: str | None,
) -> str:
    said: dict[str, Any] = {
        "tenant": issue.account.tenant,
        "number": number,
        "kind": kind,
        "customer": issue.account.customer,
        "month": issue.month,
        "currency": issue.currency,
        "items": [[item, amount] for item, amount in issue.items],
        "total": issue.total,
        "corrects": corrects,
        "issued_at": issued_at,
        "previous": previous,
    }
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()
