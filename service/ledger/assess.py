"""What is owed for the breaches that stand: the one place that knows how a tariff is applied.

How it works: of each item the level of the highest rank that stands is the charge.
Its due instant chooses the version of the tariff and the month; the tariff names account, price and currency.
Then the charges of each account and month are taken in the order of their due instants: the free ones go,
and a cap brings the rest down. The version of the first charge says how many are free and what the cap is.

What lacks a price, an account, a customer, or a fact that the price asks for is held, with the reason.

What must never happen: that the result depends on anything but the breaches and the tariff.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from service.ledger.breach import Account, Breach, Item, local
from service.ledger.lines import CAP, AccountMonth, LineKey, added
from service.ledger.money import DIGITS, LARGEST, rounded, share, times
from service.ledger.tariff import Penalty, Tariff, Tariffs, Terms


class HoldReason(StrEnum):
    """Why a breach is not charged until a person decides."""

    NO_RANK = "several levels stand, and their events do not say which is the highest"
    NO_ZONE = "its event names no zone, so its month is unknown"
    NO_TARIFF = "no version of the tariff was in force when it was due"
    NO_CUSTOMER = "it names no customer, and the tariff no accounts for it under desks"
    NO_ACCOUNT = "the tariff has no such account on the day it was due"
    NO_PRICE = "no rate of the tariff fits its policy, clock, level and tenant"
    NO_CURRENCY = "the rate has no amount, or no max, in the account's currency"
    NO_FEE = "the rate is per cent of a fee, and the account has no monthly_fee"
    NO_OVERRUN = "the rate is by overrun, which is known when the clock ends"
    TOO_LARGE = "the amount is larger than one price may be"


@dataclass(frozen=True, slots=True)
class HeldBreach:
    """A breach that stands and is not charged. `account` is None where none is known."""

    breach: Breach
    account: Account | None
    reason: HoldReason


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount for one item of one account."""

    key: LineKey
    amount: int  # minor units; 0 is possible
    breach: Breach
    tariff: Tariff
    terms: Terms


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is owed, and what is held."""

    owed: Mapping[LineKey, int]  # without zeros
    charges: Sequence[Charge]  # in the order of their keys
    free: Sequence[Charge]  # that a free count lets off, in the order of their keys
    held: Sequence[HeldBreach]

    @property
    def held_breaches(self) -> int:
        """How many breaches are held, for one account or more."""
        return len({one.breach.breach_id for one in self.held})


def assess(breaches: Iterable[Breach], tariffs: Tariffs) -> Assessment:
    """Return what is owed for the latest revisions of breaches. Those that do not stand count for nothing."""
    charges: dict[AccountMonth, list[Charge]] = defaultdict(list)
    held: list[HeldBreach] = []
    for item in _by_item(one for one in breaches if one.stands).values():
        for found in _charges(item, tariffs):
            if isinstance(found, HeldBreach):
                held.append(found)
            else:
                charges[found.key.account_month].append(found)
    owed: dict[LineKey, int] = {}
    kept: list[Charge] = []
    free: list[Charge] = []
    for month in charges.values():
        month.sort(key=lambda charge: (charge.breach.due_at or 0, charge.breach.item))
        let_off = _free(month)
        keys = {charge.key for charge in let_off}
        charged = [charge for charge in month if charge.key not in keys]
        free += let_off
        kept += charged
        owed |= {charge.key: charge.amount for charge in charged if charge.amount}
        owed |= _caps(month, charged)
    for found_charges in (kept, free):
        found_charges.sort(key=lambda charge: charge.key)
    held.sort(key=lambda one: (one.breach.item, one.account or ("", "")))
    return Assessment({key: owed[key] for key in sorted(owed)}, kept, free, held)


def account_months(breach: Breach, tariffs: Tariffs) -> Iterator[AccountMonth]:
    """Yield the accounts and months that a breach can count in while it stands."""
    if breach.stands and breach.due_at is not None and breach.month is not None:
        tariff = tariffs.at(breach.due_at)
        for account in tariff.credited(breach) if tariff else ():
            yield AccountMonth(account, breach.month)


def _by_item(breaches: Iterable[Breach]) -> dict[Item, list[Breach]]:
    found: dict[Item, list[Breach]] = defaultdict(list)
    for breach in breaches:
        found[breach.item].append(breach)
    return found


def _charges(standing: Sequence[Breach], tariffs: Tariffs) -> Iterator[Charge | HeldBreach]:
    """Yield what one item costs each account."""
    breach = _highest(standing)
    if breach is None:
        yield from (HeldBreach(one, None, HoldReason.NO_RANK) for one in standing)
        return
    assert breach.due_at is not None, "a breach that stands has a due instant"
    if breach.zone is None or breach.month is None:
        yield HeldBreach(breach, None, HoldReason.NO_ZONE)
    elif (tariff := tariffs.at(breach.due_at)) is None:
        yield HeldBreach(breach, None, HoldReason.NO_TARIFF)
    elif not (accounts := tariff.credited(breach)):
        yield HeldBreach(breach, None, HoldReason.NO_CUSTOMER)
    else:
        day = local(breach.due_at, breach.zone).date().isoformat()
        for account in accounts:
            yield _charge(breach, account, day, tariff)


def _highest(standing: Sequence[Breach]) -> Breach | None:
    """Return the level of the highest rank; None where the events do not say which it is."""
    if len(standing) > 1 and any(one.rank is None for one in standing):
        lower = {one.supersedes for one in standing}
        standing = [one for one in standing if one.breach_id not in lower]
        return standing[0] if len(standing) == 1 else None
    highest = max(standing, key=lambda one: one.rank or 0)
    return highest if [one.rank for one in standing].count(highest.rank) == 1 else None


def _charge(breach: Breach, account: Account, day: str, tariff: Tariff) -> Charge | HeldBreach:
    terms, penalty = tariff.terms(account, day), tariff.penalty(breach)
    if terms is None:
        return HeldBreach(breach, account, HoldReason.NO_ACCOUNT)
    if penalty is None:
        return HeldBreach(breach, account, HoldReason.NO_PRICE)
    price = _price(penalty, breach, terms)
    if isinstance(price, HoldReason):
        return HeldBreach(breach, account, price)
    assert breach.month is not None, "its zone is known"
    key = LineKey(account, breach.month, str(breach.item), terms.currency)
    return Charge(key, rounded(price, tariff.rounding), breach, tariff, terms)


def _price(penalty: Penalty, breach: Breach, terms: Terms) -> Decimal | HoldReason:
    """Return the minor units of a price, not rounded, or why there is none."""
    if penalty.percent is not None:
        if terms.fee is None:
            return HoldReason.NO_FEE
        price = share(terms.fee, penalty.percent)
    elif terms.currency not in penalty.amounts:
        return HoldReason.NO_CURRENCY
    else:
        price = Decimal(penalty.amounts[terms.currency])
    if penalty.per is not None:
        if breach.overrun is None:
            return HoldReason.NO_OVERRUN
        price = times(price, -(-breach.overrun // penalty.per))
    if penalty.most:
        if terms.currency not in penalty.most:
            return HoldReason.NO_CURRENCY
        price = min(price, Decimal(penalty.most[terms.currency]))
    return price if price <= LARGEST * 10 ** DIGITS[terms.currency] else HoldReason.TOO_LARGE


def _free(month: Sequence[Charge]) -> list[Charge]:
    """Return the charges of an account's month, in the order of their due instants, that are free."""
    found: list[Charge] = []
    for rule in month[0].tariff.free:
        found += [charge for charge in month if charge.breach.level in rule.levels][: rule.count]
    return found


def _caps(month: Sequence[Charge], charged: Sequence[Charge]) -> dict[LineKey, int]:
    """Return what brings an account's month down to its cap, in each currency that is above it."""
    found: dict[LineKey, int] = {}
    sums = added((charge.key._replace(item=CAP), charge.amount) for charge in charged)
    for key, total in sums.items():
        first = next(charge for charge in month if charge.key.currency == key.currency)
        most = _most(first)
        if most is not None and total > most:
            found[key] = most - total
    return found


def _most(first: Charge) -> int | None:
    """Return the cap of an account's month in minor units; None: it has none."""
    cap, fee = first.tariff.cap, first.terms.fee
    if cap is None:
        return None
    if cap.percent is None:
        return cap.amounts.get(first.terms.currency)
    assert fee is not None, "a cap in per cent is for accounts with a fee"
    return rounded(share(fee, cap.percent), first.tariff.rounding)
