"""What a breach costs: one version of a tariff, and all versions of it by the instant they take effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from service.ledger.breach import Account, Breach
from service.ledger.money import Rounding

EVERY_CUSTOMER = "*"  # in place of a customer: every one of the tenant that has no terms of its own

Prices = Mapping[str, int]  # minor units by currency


@dataclass(frozen=True, slots=True)
class Penalty:
    """What one breach costs, if it fits: the fields that are empty fit all."""

    policies: frozenset[str]
    clocks: frozenset[str]
    levels: frozenset[str]
    tenants: frozenset[str]
    amounts: Prices  # empty: `percent` says it
    percent: Decimal | None  # of the monthly fee
    per: int | None  # ms of overrun for which it is owed once, the last stretch begun counts; None: owed once
    most: Prices  # empty: no limit
    line: int  # in the file

    def fits(self, breach: Breach) -> bool:
        """True if the price is for this breach."""
        return (
            (not self.policies or breach.policy in self.policies)
            and (not self.clocks or breach.item.clock in self.clocks)
            and (not self.levels or breach.level in self.levels)
            and (not self.tenants or breach.item.tenant in self.tenants)
        )

    def covers(self, other: "Penalty") -> bool:
        """True if it fits every breach that the other one fits."""
        pairs = (
            (self.policies, other.policies),
            (self.clocks, other.clocks),
            (self.levels, other.levels),
            (self.tenants, other.tenants),
        )
        return all(not mine or (theirs and theirs <= mine) for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that one account is owed for one month."""

    amounts: Prices  # in other currencies there is no cap; empty: `percent` says it
    percent: Decimal | None  # of the monthly fee


@dataclass(frozen=True, slots=True)
class Free:
    """The first `count` of these levels are free for each account and month, by due instant."""

    levels: frozenset[str]
    count: int


@dataclass(frozen=True, slots=True)
class Terms:
    """An account's currency and fee. Dates are days in the zone of the breach, `YYYY-MM-DD`."""

    currency: str
    fee: int | None  # minor units a month
    since: str | None = None  # the first day
    until: str | None = None  # the first day that no longer counts

    def holds(self, day: str) -> bool:
        """True on this day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a tariff."""

    id: str
    version: int
    sha256: str  # of the content of its file
    effective_from: int | None  # ms; None: from ever on
    rounding: Rounding
    penalties: Sequence[Penalty]  # the first that fits counts
    accounts: Mapping[Account, Sequence[Terms]]
    desks: Mapping[Account, Sequence[Account]] = field(default_factory=dict)  # by tenant and desk
    cap: Cap | None = None
    free: Sequence[Free] = ()

    def penalty(self, breach: Breach) -> Penalty | None:
        """Return the first price that fits."""
        return next((one for one in self.penalties if one.fits(breach)), None)

    def terms(self, account: Account, day: str) -> Terms | None:
        """Return the terms of an account on a day. Its own terms count alone, wherever it has any."""
        found = self.accounts.get(account) or self.accounts.get(Account(account.tenant, EVERY_CUSTOMER), ())
        return next((one for one in found if one.holds(day)), None)

    def credited(self, breach: Breach) -> Sequence[Account]:
        """Return the accounts that a breach is owed to: of a desk those that the tariff names for it."""
        tenant, named = breach.item.tenant, breach.item.ticket_id
        if breach.customer_id is not None:
            return (Account(tenant, breach.customer_id),)
        return self.desks.get(Account(tenant, named), ())


@dataclass(frozen=True, slots=True)
class Tariffs:
    """The versions of one tariff, ascending in `version` and in `effective_from`."""

    versions: Sequence[Tariff]

    def at(self, instant: int) -> Tariff | None:
        """Return the version in force at an instant (ms)."""
        in_force = None
        for one in self.versions:
            if one.effective_from is None or one.effective_from <= instant:
                in_force = one
        return in_force
