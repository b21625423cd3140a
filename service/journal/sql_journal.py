"""The journal over one connection with a transaction, in SQL that SQLite and PostgreSQL know.

Long lists of keys go in portions: each database has a limit of values in one statement.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    union_all,
)

from service.journal.tables import BREACHES, CLOSED_MONTHS, DOCUMENT_ITEMS, DOCUMENTS, POSTINGS
from service.ledger.breach import Account, Breach, Item
from service.ledger.document import Document, DocumentKind, Issue
from service.ledger.journal import Posting
from service.ledger.lines import AccountMonth, Amounts, LineKey

_PORTION = 2_000  # keys in one statement, of at most four values each

_ITEM = (BREACHES.c.tenant, BREACHES.c.ticket_id, BREACHES.c.cycle, BREACHES.c.clock)
_KEY = (POSTINGS.c.tenant, POSTINGS.c.customer, POSTINGS.c.month, POSTINGS.c.item, POSTINGS.c.currency)

T = TypeVar("T")


class SqlJournal:
    """See service.ledger.journal: the same, kept in tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def told_of(self, items: Collection[Item]) -> Sequence[Breach]:
        """See Journal."""
        return [
            _breach(row)
            for portion in _portions(items)
            for row in self._connection.execute(select(BREACHES).where(tuple_(*_ITEM).in_(portion)))
        ]

    def told_in(self, months: Collection[AccountMonth]) -> Sequence[Breach]:
        """See Journal."""
        tenants, at = BREACHES.c.tenant, BREACHES.c.month
        accounts = [(one.account.tenant, one.month, one.account.customer) for one in months]
        items: set[Item] = set()
        for portion in _portions(accounts):
            items |= self._items(tuple_(tenants, at, BREACHES.c.customer_id).in_(portion))
        for of_anybody in _portions({(tenant, month) for tenant, month, _ in accounts}):
            items |= self._items(and_(tuple_(tenants, at).in_(of_anybody), BREACHES.c.customer_id.is_(None)))
        return self.told_of(items)

    def told(self) -> Iterator[Breach]:
        """See Journal."""
        return map(_breach, self._connection.execute(select(BREACHES)))

    def keep(self, breaches: Collection[Breach]) -> None:
        """See Journal."""
        for portion in _portions(breaches):
            ids = [one.breach_id for one in portion]
            self._connection.execute(delete(BREACHES).where(BREACHES.c.breach_id.in_(ids)))
            self._connection.execute(insert(BREACHES), [_row(one) for one in portion])

    def months_posted_to(self, items: Collection[Item]) -> Collection[AccountMonth]:
        """See Journal."""
        at = (POSTINGS.c.tenant, POSTINGS.c.customer, POSTINGS.c.month)
        asked = select(*at).distinct()
        return {
            AccountMonth(Account(tenant, customer), month)
            for portion in _portions([(item.tenant, str(item)) for item in items])
            for tenant, customer, month in self._connection.execute(
                asked.where(tuple_(POSTINGS.c.tenant, POSTINGS.c.item).in_(portion))
            )
        }

    def posted(self, months: Collection[AccountMonth] | None = None) -> Amounts:
        """See Journal."""
        net = select(*_KEY, func.sum(POSTINGS.c.amount)).group_by(*_KEY)
        if months is None:
            return self._amounts(net)
        at = tuple_(POSTINGS.c.tenant, POSTINGS.c.customer, POSTINGS.c.month)
        found: dict[LineKey, int] = {}
        for portion in _portions([(one.account.tenant, one.account.customer, one.month) for one in months]):
            found |= self._amounts(net.where(at.in_(portion)))
        return found

    def post(self, postings: Collection[Posting]) -> None:
        """See Journal."""
        if postings:
            self._connection.execute(insert(POSTINGS), [_posting_row(one) for one in postings])

    def closed(self) -> Mapping[str, int]:
        """See Journal."""
        rows = self._connection.execute(select(CLOSED_MONTHS))
        return {row.month: row.closed_at for row in rows}

    def close(self, month: str, at: int) -> None:
        """See Journal."""
        self._connection.execute(insert(CLOSED_MONTHS), {"month": month, "closed_at": at})

    def undocumented(self) -> Amounts:
        """See Journal."""
        closed = select(CLOSED_MONTHS.c.month)
        said = select(
            DOCUMENTS.c.tenant,
            DOCUMENTS.c.customer,
            DOCUMENTS.c.month,
            DOCUMENT_ITEMS.c.item,
            DOCUMENTS.c.currency,
            (-DOCUMENT_ITEMS.c.amount).label("amount"),
        ).join_from(DOCUMENTS, DOCUMENT_ITEMS)
        both = union_all(
            select(*_KEY, POSTINGS.c.amount.label("amount")).where(POSTINGS.c.month.in_(closed)), said
        ).subquery()
        key = [both.c[column.name] for column in _KEY]
        net = func.sum(both.c.amount)
        return self._amounts(select(*key, net).group_by(*key).having(net != literal(0)))

    def first_document(self, account: Account, month: str, currency: str) -> int | None:
        """See Journal."""
        found: int | None = self._connection.scalar(
            select(func.min(DOCUMENTS.c.number)).where(
                DOCUMENTS.c.tenant == account.tenant,
                DOCUMENTS.c.customer == account.customer,
                DOCUMENTS.c.month == month,
                DOCUMENTS.c.currency == currency,
            )
        )
        return found

    def last_document(self, tenant: str) -> Document | None:
        """See Journal."""
        last = select(func.max(DOCUMENTS.c.number)).where(DOCUMENTS.c.tenant == tenant).scalar_subquery()
        return next(iter(self._documents(tenant, DOCUMENTS.c.number == last)), None)

    def documents(self, tenant: str) -> Sequence[Document]:
        """See Journal."""
        return self._documents(tenant)

    def issue(self, documents: Collection[Document]) -> None:
        """See Journal."""
        if documents:
            self._connection.execute(insert(DOCUMENTS), [_document_row(one) for one in documents])
            items = [
                {"tenant": one.tenant, "number": one.number, "item": item, "amount": amount}
                for one in documents
                for item, amount in one.issue.items
            ]
            self._connection.execute(insert(DOCUMENT_ITEMS), items)

    def _items(self, where: ColumnElement[bool]) -> set[Item]:
        asked = select(*_ITEM).distinct().where(where, BREACHES.c.stands)
        return {Item(*row) for row in self._connection.execute(asked)}

    def _amounts(self, net: Select[Any]) -> dict[LineKey, int]:
        """Return the sums of a query; PostgreSQL gives them as decimals."""
        return {
            LineKey(Account(tenant, customer), month, item, currency): int(amount)
            for tenant, customer, month, item, currency, amount in self._connection.execute(net)
        }

    def _documents(self, tenant: str, *where: ColumnElement[bool]) -> Sequence[Document]:
        heads = select(DOCUMENTS).where(DOCUMENTS.c.tenant == tenant, *where).order_by(DOCUMENTS.c.number)
        lines = (
            select(DOCUMENT_ITEMS)
            .join_from(DOCUMENT_ITEMS, DOCUMENTS)
            .where(DOCUMENTS.c.tenant == tenant, *where)
        )
        items: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for row in self._connection.execute(lines):
            items[row.number].append((row.item, row.amount))
        return [_document(row, sorted(items[row.number])) for row in self._connection.execute(heads)]


def _portions(keys: Collection[T]) -> Iterator[list[T]]:
    ordered = list(keys)
    for begin in range(0, len(ordered), _PORTION):
        yield ordered[begin : begin + _PORTION]


def _row(breach: Breach) -> dict[str, Any]:
    return {
        "breach_id": breach.breach_id,
        "epoch": breach.epoch,
        "revision": breach.revision,
        "stands": breach.stands,
        **breach.item._asdict(),
        "customer_id": breach.customer_id,
        "level": breach.level,
        "rank": breach.rank,
        "supersedes": breach.supersedes,
        "policy": breach.policy,
        "zone": breach.zone,
        "due_at": breach.due_at,
        "month": breach.month,
        "overrun": breach.overrun,
    }


def _breach(row: Row[Any]) -> Breach:
    found = dict(row._mapping)  # noqa: SLF001 (the library's documented name)
    item = Item(*(found.pop(column.name) for column in _ITEM))
    return Breach(item=item, **found)


def _posting_row(posting: Posting) -> dict[str, Any]:
    told = posting.told
    return {
        "tenant": posting.key.account.tenant,
        "customer": posting.key.account.customer,
        "month": posting.key.month,
        "item": posting.key.item,
        "currency": posting.key.currency,
        "amount": posting.amount,
        "breach_id": told.breach_id if told else None,
        "epoch": told.epoch if told else None,
        "revision": told.revision if told else None,
        "posted_at": posting.posted_at,
    }


def _document_row(document: Document) -> dict[str, Any]:
    return {
        "tenant": document.tenant,
        "number": document.number,
        "kind": str(document.kind),
        "customer": document.issue.account.customer,
        "month": document.issue.month,
        "currency": document.issue.currency,
        "corrects": document.corrects,
        "issued_at": document.issued_at,
        "previous": document.previous,
        "sha256": document.sha256,
    }


def _document(row: Row[Any], items: Sequence[tuple[str, int]]) -> Document:
    issue = Issue(Account(row.tenant, row.customer), row.month, row.currency, tuple(items))
    kind = DocumentKind(row.kind)
    return Document(row.number, kind, issue, row.corrects, row.issued_at, row.previous, row.sha256)
