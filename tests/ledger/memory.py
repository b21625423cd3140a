"""A journal in memory: the same contract as those in databases (test_journal.py)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from service.ledger.breach import Account, Breach, Item
from service.ledger.document import Document
from service.ledger.journal import Posting
from service.ledger.lines import AccountMonth, Amounts, LineKey, added, difference


class MemoryJournal:
    def __init__(self) -> None:
        self.breaches: dict[str, Breach] = {}
        self.postings: list[Posting] = []
        self.months: dict[str, int] = {}
        self.issued: list[Document] = []

    @contextmanager
    def begin(self) -> Iterator["MemoryJournal"]:
        before = (self.breaches.copy(), self.postings[:], self.months.copy(), self.issued[:])
        try:
            yield self
        except BaseException:
            self.breaches, self.postings, self.months, self.issued = before
            raise

    def told_of(self, items: Collection[Item]) -> Sequence[Breach]:
        return [one for one in self.breaches.values() if one.item in items]

    def told_in(self, months: Collection[AccountMonth]) -> Sequence[Breach]:
        of_anybody = {(month.account.tenant, month.month) for month in months}
        items = {
            one.item
            for one in self.breaches.values()
            if one.stands
            and one.month is not None
            and (
                (one.item.tenant, one.month) in of_anybody
                if one.customer_id is None
                else AccountMonth(Account(one.item.tenant, one.customer_id), one.month) in months
            )
        }
        return self.told_of(items)

    def told(self) -> Iterable[Breach]:
        return list(self.breaches.values())

    def keep(self, breaches: Collection[Breach]) -> None:
        self.breaches |= {one.breach_id: one for one in breaches}

    def months_posted_to(self, items: Collection[Item]) -> Collection[AccountMonth]:
        named = {(item.tenant, str(item)) for item in items}
        keys = [one.key for one in self.postings]
        return {key.account_month for key in keys if (key.account.tenant, key.item) in named}

    def posted(self, months: Collection[AccountMonth] | None = None) -> Amounts:
        return added(
            (one.key, one.amount)
            for one in self.postings
            if months is None or one.key.account_month in months
        )

    def post(self, postings: Collection[Posting]) -> None:
        self.postings += postings

    def closed(self) -> Mapping[str, int]:
        return dict(self.months)

    def close(self, month: str, at: int) -> None:
        assert month not in self.months
        self.months[month] = at

    def undocumented(self) -> Amounts:
        posted = {key: amount for key, amount in self.posted().items() if key.month in self.months}
        documented = added(
            (LineKey(one.issue.account, one.issue.month, item, one.issue.currency), amount)
            for one in self.issued
            for item, amount in one.issue.items
        )
        return difference(posted, documented)

    def first_document(self, account: Account, month: str, currency: str) -> int | None:
        about = (account, month, currency)
        numbers = [
            one.number
            for one in self.issued
            if (one.issue.account, one.issue.month, one.issue.currency) == about
        ]
        return min(numbers, default=None)

    def last_document(self, tenant: str) -> Document | None:
        return max(self.documents(tenant), key=lambda one: one.number, default=None)

    def documents(self, tenant: str) -> Sequence[Document]:
        return sorted((one for one in self.issued if one.tenant == tenant), key=lambda one: one.number)

    def issue(self, documents: Collection[Document]) -> None:
        self.issued += documents
