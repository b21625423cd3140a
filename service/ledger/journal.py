"""The port of the journal: what a ledger keeps, as seen within one transaction.

Breaches are kept as they were told last. Postings and documents are only ever added.
`tests/ledger/test_journal.py` is the contract of every implementation.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from service.ledger.breach import Account, Breach, Item
from service.ledger.document import Document
from service.ledger.lines import AccountMonth, Amounts, LineKey


class BreachRevision(NamedTuple):
    """One revision of a breach: the news of its item because of which something was posted.

    Where news of another item did it, as when that one became the free one: the highest level that stands.
    """

    breach_id: str
    epoch: int
    revision: int


@dataclass(frozen=True, slots=True)
class Posting:
    """A line of the journal."""

    key: LineKey
    amount: int  # minor units, not 0
    told: BreachRevision | None  # None: of a cap, which is about all breaches of its month
    posted_at: int  # ms


class Journal(Protocol):
    """One transaction on what a ledger keeps."""

    def told_of(self, items: Collection[Item]) -> Sequence[Breach]:
        """Return all that is kept of these items, in any order."""

    def told_in(self, months: Collection[AccountMonth]) -> Sequence[Breach]:
        """Return all that is kept of the items with a breach that stands in one of these accounts' months.

        A breach without a customer counts as one of every account of its tenant.
        """

    def told(self) -> Iterable[Breach]:
        """Return all that is kept."""

    def keep(self, breaches: Collection[Breach]) -> None:
        """Keep each of these in place of what was told of its `breach_id`."""

    def months_posted_to(self, items: Collection[Item]) -> Collection[AccountMonth]:
        """Return every account's month with a posting of one of these items, whatever its net."""

    def posted(self, months: Collection[AccountMonth] | None = None) -> Amounts:
        """Return the net of the postings to these accounts' months, or of all; sums of zero may be there."""

    def post(self, postings: Collection[Posting]) -> None:
        """Add postings."""

    def closed(self) -> Mapping[str, int]:
        """Return when each closed month was closed first (ms)."""

    def close(self, month: str, at: int) -> None:
        """Note that a month is closed; it was not."""

    def undocumented(self) -> Amounts:
        """Return posted − documented of the closed months, without zeros."""

    def first_document(self, account: Account, month: str, currency: str) -> int | None:
        """Return the number of the first document on an account's month in a currency."""

    def last_document(self, tenant: str) -> Document | None:
        """Return the document with the highest number of a tenant."""

    def documents(self, tenant: str) -> Sequence[Document]:
        """Return the documents of a tenant in the order of their numbers."""

    def issue(self, documents: Collection[Document]) -> None:
        """Add documents, those of a tenant in the order of their numbers."""
