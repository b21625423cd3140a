"""The accounts of a tariff: their currency and fee, in the tariff itself or in a CSV file beside it."""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from itertools import pairwise

from service.ledger.breach import Account
from service.ledger.money import DIGITS, read_amount
from service.ledger.tariff import Terms
from service.strict_yaml.document import YamlNode
from service.strict_yaml.place import Place, Problem, name, shown

TERMS = ("currency", "monthly_fee", "from", "until")
COLUMNS = ("account", *TERMS)
NEEDED = ("account", "currency")  # columns

_NO_ACCOUNT = Account("", "")  # a stand-in, after a problem
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MEANT_BY = {"RMB": "CNY", "CNH": "CNY", "NTD": "TWD", "STG": "GBP"}  # names that people write


def read_account(text: str) -> Account:
    """Return the account that `tenant/customer` names. Raises ValueError.

    The tenant ends at the first slash: so one text never names two accounts.
    """
    tenant, slash, customer = text.partition("/")
    if not slash:
        raise ValueError("is no account; write tenant/customer")
    return Account(name(tenant), name(customer))


def account_at(place: Place, text: str) -> Account:
    """Return the account that a text names; what is wrong with it is noted at the place."""
    try:
        return read_account(text)
    except ValueError as error:
        place.wrong(f"{shown(text)} {error}")
        return _NO_ACCOUNT


def read_currency(text: str) -> str:
    """Return `text` when it is a currency code. Raises ValueError."""
    if text in DIGITS:
        return text
    meant = _MEANT_BY.get(text.upper(), text.upper())
    hint = f"write {meant}" if meant in DIGITS else "write for example CNY"
    raise ValueError(f"is no currency code of ISO 4217; {hint}")


def prices(place: Place) -> dict[str, int]:
    """Return the amounts by currency in a mapping such as `{CNY: "50.00"}`."""
    given = place.entries()
    if place.node.value == {}:
        place.wrong('needs an amount; write for example {CNY: "50.00"}')
    found: dict[str, int] = {}
    for code, one in given.items():
        try:
            currency = read_currency(code)
        except ValueError as error:
            one.wrong(f"{shown(code)} {error}")
            continue
        found[currency] = one.read(partial(read_amount, currency=currency), 0)
    return found


def inline_accounts(place: Place) -> dict[Account, Sequence[Terms]]:
    """Return the terms by account that a mapping names, one or a list for each."""
    found: dict[Account, Sequence[Terms]] = {}
    for key, one in place.entries().items():
        account = account_at(one, key)
        places = [(where, where.fields(TERMS, ("currency",))) for where in one.one_or_more()]
        found[account] = _in_order([(_terms(where, given), where) for where, given in places])
    if place.node.value == {}:
        place.wrong("needs at least one account, such as acme/*")
    return found


def csv_accounts(file: str, raw: bytes, problems: list[Problem]) -> dict[Account, Sequence[Terms]]:
    """Return the terms by account of a CSV file. `file`: its name in `problems`, which are added to."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.append(Problem(file, line, None, "is not UTF-8; save it as UTF-8"))
        return {}
    rows = csv.reader(_LINE.findall(text), strict=True)
    found: dict[Account, list[tuple[Terms, Place]]] = defaultdict(list)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        if not _is_header(Place(file, _row(header, header, 1), "", problems), header):
            return {}
        for cells in rows:
            where = Place(file, _row(header, cells, rows.line_num), "", problems)
            if len(cells) > len(header):
                where.wrong(f"has {len(cells)} cells, and the first line names {len(header)} columns")
            if given := where.entries():
                account = given["account"].read(read_account, _NO_ACCOUNT) if "account" in given else None
                where.fields(COLUMNS, NEEDED)
                found[account or _NO_ACCOUNT].append((_terms(where, given), where))
    except csv.Error as error:
        problems.append(Problem(file, rows.line_num, None, f"is no CSV: {error}"))
    return {account: _in_order(all_of_it) for account, all_of_it in found.items()}


def _row(header: Sequence[str], cells: Sequence[str], line: int) -> YamlNode:
    """Return the filled cells of a row by column, as a YAML file would have them."""
    pairs = zip(header, cells, strict=False)
    return YamlNode({column: YamlNode(cell.strip(), line) for column, cell in pairs if cell.strip()}, line)


def _is_header(place: Place, header: Sequence[str]) -> bool:
    """Note what is wrong with the names of the columns."""
    before = len(place.problems)
    place.fields(COLUMNS, NEEDED)
    if len(set(header)) < len(header):
        place.wrong("names a column twice")
    return len(place.problems) == before


def _terms(place: Place, given: Mapping[str, Place]) -> Terms:
    currency = given["currency"].read(read_currency, "") if "currency" in given else ""
    fee = None
    if "monthly_fee" in given and currency:
        fee = given["monthly_fee"].read(partial(read_amount, currency=currency), None)
    since = given["from"].read(_day, None) if "from" in given else None
    until = given["until"].read(_day, None) if "until" in given else None
    if since and until and until <= since:
        place.wrong(f"until {until} is not after from {since}; it is the first day that no longer counts")
    return Terms(currency, fee, since, until)


def _in_order(found: Sequence[tuple[Terms, Place]]) -> Sequence[Terms]:
    """Return an account's terms by their days, and note those of days that others have."""
    ordered = sorted(found, key=lambda one: one[0].since or "")
    for (before, _), (terms, where) in pairwise(ordered):
        if before.until is None or terms.since is None or terms.since < before.until:
            where.wrong("has days that other terms of the account have, too; end those with until")
    return tuple(terms for terms, _ in ordered)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if _DAY.fullmatch(text) else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> str:
    raise ValueError("is no day; write for example 2026-10-01")
