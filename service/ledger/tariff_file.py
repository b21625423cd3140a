"""Reader of tariff files: from their bytes to tariffs, or every problem with file, line, field and reason.

How it works: one file is one version, read by itself. Then the versions of one tariff are compared.
What would make a price a guess later, and can be seen in the file, is refused: a price whose limit is in
another currency, a rate that an earlier one hides, an account that a desk credits and that has no terms.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from schemas.instant import read_milliseconds
from service.ledger.accounts_file import account_at, csv_accounts, inline_accounts, prices, read_account
from service.ledger.breach import Account
from service.ledger.money import Rounding, read_decimal
from service.ledger.tariff import (
    EVERY_CUSTOMER,
    Cap,
    Free,
    Penalty,
    Tariff,
    Tariffs,
    Terms,
)
from service.sla.calendar.duration import parse_duration
from service.strict_yaml.document import NotReadError, canonical_json, content, read_document
from service.strict_yaml.place import BadFiles, Place, Problem

TARIFF = (
    "tariff",
    "version",
    "effective_from",
    "rounding",
    "rates",
    "cap",
    "grace",
    "accounts",
    "desks",
)
NEEDED = ("tariff", "version", "rates", "accounts")
RATE = ("policy", "clock", "level", "tenant", "amount", "percent", "per", "max")
CAP = ("amount", "percent")
GRACE = ("count", "levels")
MOST_PERCENT = 1000

T = TypeVar("T")
U = TypeVar("U")


class BadTariff(BadFiles):
    """Tariff files cannot be used. The text has a line for each problem."""


@dataclass(frozen=True, slots=True)
class TariffFile:
    """A tariff and its file."""

    file: str
    tariff: Tariff
    lines: Mapping[str, int]  # of the top fields

    def problem(self, field: str, reason: str) -> Problem:
        """Return a problem of a top field, on the first line when the file lacks the field."""
        return Problem(self.file, self.lines.get(field, 1), field, reason)


def read_tariff(file: str, raw: bytes, beside: Callable[[str], bytes]) -> TariffFile:
    """Return the tariff in `raw`. `file`: its name in problems.

    `beside` returns the content of a file that is named by its path from this one, or raises OSError.
    Raises BadTariff with all problems.
    """
    try:
        root = read_document(raw)
    except NotReadError as error:
        raise BadTariff([Problem(file, error.line, error.field, error.reason)]) from None
    place = Place(file, root, "", [])
    digest = hashlib.sha256(canonical_json(content(root)).encode()).hexdigest()
    read = _tariff_file(place, digest, beside)
    if place.problems:
        raise BadTariff(sorted(place.problems, key=lambda problem: (problem.file != file, problem.line or 0)))
    return read


def in_order(files: Iterable[TariffFile]) -> Tariffs:
    """Return the versions of one tariff. Raises BadTariff when they do not fit together."""
    ordered = sorted(files, key=lambda one: one.tariff.version)
    problems: list[Problem] = []
    for before, after in pairwise(ordered):
        earlier, later = before.tariff, after.tariff
        if later.id != earlier.id:
            problems.append(after.problem("tariff", f"is not {earlier.id}, as in {before.file}"))
        elif later.version == earlier.version:
            problems.append(after.problem("version", f"{later.version} is in {before.file}, too"))
        elif later.effective_from is None:
            problems.append(
                after.problem("effective_from", "is missing; only the first version may leave it out")
            )
        elif earlier.effective_from is not None and later.effective_from <= earlier.effective_from:
            reason = f"must be later than that of version {earlier.version} in {before.file}"
            problems.append(after.problem("effective_from", reason))
    if problems:
        raise BadTariff(problems)
    return Tariffs(tuple(one.tariff for one in ordered))


def _tariff_file(place: Place, digest: str, beside: Callable[[str], bytes]) -> TariffFile:
    given = place.fields(TARIFF, NEEDED)
    accounts: Mapping[Account, Sequence[Terms]] = _get(
        given, "accounts", lambda one: _accounts(one, beside), {}
    )
    tariff = Tariff(
        id=_get(given, "tariff", Place.name, ""),
        version=_get(given, "version", lambda one: one.read(_version, 0), 0),
        sha256=digest,
        effective_from=_get(given, "effective_from", lambda one: one.read(_instant, None), None),
        rounding=_get(given, "rounding", _rounding, Rounding.HALF_UP),
        penalties=_get(given, "rates", _rates, ()),
        accounts=accounts,
        desks=_get(given, "desks", lambda one: _desks(one, accounts), {}),
        cap=_get(given, "cap", lambda one: _cap(one, accounts), None),
        free=_get(given, "grace", _grace, ()),
    )
    lines = {field: found.node.line for field, found in given.items()}
    return TariffFile(place.file, tariff, lines)


def _get(given: Mapping[str, Place], field: str, read: Callable[[Place], T], otherwise: U) -> T | U:
    return read(given[field]) if field in given else otherwise


def _accounts(place: Place, beside: Callable[[str], bytes]) -> Mapping[Account, Sequence[Terms]]:
    if not isinstance(place.node.value, str):
        return inline_accounts(place)
    path = place.text()
    try:
        raw = beside(path)
    except OSError as error:
        place.wrong(f"{path} cannot be read: {error.strerror or error}")
        return {}
    folder, slash, _ = place.file.rpartition("/")
    problems = len(place.problems)
    found = csv_accounts(f"{folder}{slash}{path}", raw, place.problems)
    if not found and len(place.problems) == problems:
        place.wrong(f"{path} has no account")
    return found


def _rates(place: Place) -> Sequence[Penalty]:
    places = place.items()
    if place.node.value == []:
        place.wrong("needs at least one rate")
    found: list[Penalty] = []
    for one in places:
        penalty = _rate(one)
        hidden_by = next((earlier for earlier in found if earlier.covers(penalty)), None)
        if hidden_by:
            one.wrong(
                f"can never count: the rate on line {hidden_by.line} fits all that it fits, and is first"
            )
        found.append(penalty)
    return tuple(found)


def _rate(place: Place) -> Penalty:
    given = place.fields(RATE)
    _one_of_two(place, given)
    amounts = _get(given, "amount", prices, {})
    per = _get(given, "per", lambda one: one.read(_not_nothing, None), None)
    most = _get(given, "max", prices, {})
    if "max" in given:
        if not {"per", "percent"} & given.keys():
            given["max"].wrong("limits rates with per or percent; leave it out")
        missing = sorted(amounts.keys() - most.keys())
        if missing and most:
            given["max"].wrong(
                f"has no {', '.join(missing)}, which amount has, so it would not limit it; add it"
            )
    return Penalty(
        policies=_get(given, "policy", lambda one: _names(one, Place.name), frozenset()),
        clocks=_get(given, "clock", lambda one: _names(one, Place.plain_name), frozenset()),
        levels=_get(given, "level", lambda one: _names(one, Place.plain_name), frozenset()),
        tenants=_get(given, "tenant", lambda one: _names(one, Place.name), frozenset()),
        amounts=amounts,
        percent=_get(given, "percent", lambda one: one.read(_percent, None), None),
        per=per,
        most=most,
        line=place.node.line,
    )


def _one_of_two(place: Place, given: Mapping[str, Place]) -> None:
    if isinstance(place.node.value, dict) and ("amount" in given) == ("percent" in given):
        place.wrong("needs either amount or percent")


def _names(place: Place, read: Callable[[Place], str]) -> frozenset[str]:
    return frozenset(read(one) for one in place.one_or_more())


def _cap(place: Place, accounts: Mapping[Account, Sequence[Terms]]) -> Cap:
    given = place.fields(CAP)
    _one_of_two(place, given)
    amounts = _get(given, "amount", prices, {})
    for account, all_of_it in accounts.items() if "percent" in given else ():
        if any(terms.fee is None for terms in all_of_it):
            place.wrong(f"is per cent of the fee, and account {account} has no monthly_fee; add it")
            break
    return Cap(amounts, _get(given, "percent", lambda one: one.read(_percent, None), None))


def _grace(place: Place) -> Sequence[Free]:
    found: list[Free] = []
    for one in place.items():
        given = one.fields(GRACE, GRACE)
        levels = _get(given, "levels", lambda listed: _names(listed, Place.plain_name), frozenset[str]())
        for level in sorted(levels & {level for earlier in found for level in earlier.levels}):
            one.wrong(f"names {level}, which an earlier entry has; give each level one count")
        found.append(Free(levels, _get(given, "count", lambda count: count.read(_count, 1), 1)))
    return tuple(found)


def _desks(place: Place, accounts: Mapping[Account, Sequence[Terms]]) -> Mapping[Account, Sequence[Account]]:
    found: dict[Account, Sequence[Account]] = {}
    for key, one in place.entries().items():
        desk = account_at(one, key)
        places = one.one_or_more()
        credited = [where.read(read_account, desk) for where in places]
        for account, where in zip(credited, places, strict=True):
            if account.customer == EVERY_CUSTOMER:
                where.wrong("stands for customers that nobody listed; name each account")
            elif account.tenant != desk.tenant:
                where.wrong(f"is of another tenant than the desk, which is of {desk.tenant}")
            elif account not in accounts and Account(account.tenant, EVERY_CUSTOMER) not in accounts:
                where.wrong("is no account of accounts")
        if len(set(credited)) < len(credited):
            one.wrong("names an account twice; each is credited once")
        found[desk] = tuple(credited)
    return found


def _rounding(place: Place) -> Rounding:
    return Rounding(place.one_of(tuple(Rounding), "no way to round") or Rounding.HALF_UP)


def _version(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise ValueError("must be a whole number from 1")
    return int(text)


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise ValueError("must be a whole number from 1")
    return int(text)


def _percent(text: str) -> Decimal:
    try:
        percent = read_decimal(text)
    except ValueError:
        raise ValueError("is no number; write for example 5 or 12.5") from None
    if not 0 < percent <= MOST_PERCENT:
        raise ValueError(f"must be above 0 and at most {MOST_PERCENT}")
    return percent


def _not_nothing(text: str) -> int:
    per = parse_duration(text)
    if per == 0:
        raise ValueError("must be longer than nothing")
    return per


def _instant(text: str) -> int:
    instant = read_milliseconds(text)
    if instant is None:
        raise ValueError("is no instant with an offset; write for example 2026-01-01T00:00:00+08:00")
    return instant
