"""Amounts by what they are for, and the difference that keeps three of them equal.

What is owed, what was posted and what documents say are all sums by `LineKey`.
Posting writes *owed − posted*, a document *posted − documented*. What is owed no longer nets to zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from service.ledger.breach import Account

CAP = "cap"  # the item that brings an account's month down to its cap; others have slashes


class AccountMonth(NamedTuple):
    """An account in one month: what a cap, a free count and a document are about."""

    account: Account
    month: str  # `2026-10`


class LineKey(NamedTuple):
    """What an amount is for."""

    account: Account
    month: str
    item: str  # `ticket/cycle/clock`, or CAP
    currency: str

    @property
    def account_month(self) -> AccountMonth:
        """The account and month that it belongs to."""
        return AccountMonth(self.account, self.month)


Amounts = Mapping[LineKey, int]  # minor units


def difference(meant: Amounts, there: Amounts) -> dict[LineKey, int]:
    """Return what must be added to `there` so that it equals `meant`, in order and without zeros."""
    changes = {key: meant.get(key, 0) - there.get(key, 0) for key in meant.keys() | there.keys()}
    return {key: changes[key] for key in sorted(changes) if changes[key]}


def added(amounts: Iterable[tuple[LineKey, int]]) -> dict[LineKey, int]:
    """Return the sum for each key. Sums that are zero stay."""
    sums: dict[LineKey, int] = defaultdict(int)
    for key, amount in amounts:
        sums[key] += amount
    return dict(sums)
