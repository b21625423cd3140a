"""`tariff check`: checks tariff files, and prints what sample breaches cost."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from schemas.instant import written
from service.ledger.assess import Assessment, assess
from service.ledger.lines import LineKey, added
from service.ledger.money import amount_text
from service.ledger.tariff import Tariffs
from service.ledger.tariff_file import BadTariff, TariffFile, in_order, read_tariff
from service.offline.breach_file import BreachFile, read_breaches
from service.strict_yaml.document import LARGEST_BYTES
from service.strict_yaml.place import Problem
from service.text.aligned import aligned
from service.text.visible import visible, visible_json

_HEADINGS = ("tenant", "customer", "month", "item", "level", "amount", "")


def check(
    paths: Sequence[Path],
    breaches: str | None,
    *,
    as_json: bool,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Print every problem of the files to `err`, or what they say to `out`. Return the exit code.

    `breaches`: a file of breaches, or `-`: what they cost is printed, too. Exit code 1: some are held, or a
    line of that file cannot be used.
    """
    try:
        files, tariffs = _read(paths)
    except BadTariff as bad:
        for problem in bad.problems:
            print(problem, file=err)
        return 2
    lines = _tariff_rows(files) if as_json else _tariff_lines(files)
    if breaches is None:
        _print(lines if as_json else [*lines, "no problem"], out, as_json=as_json)
        return 0
    _print(lines, out, as_json=as_json)
    problems = 0

    def tell(problem: str) -> None:
        nonlocal problems
        problems += 1
        print(visible(problem), file=err)

    told = read_breaches(breaches, stdin, tell)
    found = assess(told.breaches, tariffs)
    _print(_cost_rows(found) if as_json else _cost_lines(found, told), out, as_json=as_json)
    return 1 if problems or found.held else 0


def _read(paths: Sequence[Path]) -> tuple[Sequence[TariffFile], Tariffs]:
    """Return the files, and their versions in order. Raises BadTariff with the problems of every file."""
    problems: list[Problem] = []
    files: list[TariffFile] = []
    for path in paths:
        try:
            files.append(_file(path))
        except BadTariff as bad:
            problems += bad.problems
    if problems:
        raise BadTariff(problems)
    return files, in_order(files)


def _file(path: Path) -> TariffFile:
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadTariff([Problem(str(path), None, None, error.strerror or "cannot be read")]) from None
    return read_tariff(str(path), raw, lambda name: (path.parent / name).read_bytes())


def _print(lines: Iterable[str], out: TextIO, *, as_json: bool) -> None:
    for line in lines:
        print(visible_json(line) if as_json else visible(line), file=out)


def _tariff_lines(files: Sequence[TariffFile]) -> Iterator[str]:
    for file in files:
        one = file.tariff
        since = "from ever on" if one.effective_from is None else f"from {written(one.effective_from)}"
        counted = f"{_many(len(one.penalties), 'rate')}, {_many(len(one.accounts), 'account')}"
        yield f"{one.id} version {one.version} · {file.file}"
        yield f"  in force {since}; {counted}, {_many(len(one.desks), 'desk')}; rounding {one.rounding}"
        yield f"  sha256 {one.sha256}"
        yield from (f"  {notice}" for notice in _notices(file))
        yield ""


def _notices(file: TariffFile) -> Iterator[str]:
    """Yield what is right by the rules, and seldom meant."""
    if uncapped := _uncapped(file):
        yield f"the cap has no amount in {', '.join(uncapped)}: there it does not limit"
    if unpriced := _unpriced(file):
        yield f"no rate has an amount in {', '.join(unpriced)}: breaches of those accounts are held"
    if unrated := _unrated(file):
        yield f"grace names the level {', '.join(unrated)}, and no rate does"


def _uncapped(file: TariffFile) -> Sequence[str]:
    """Return the currencies of accounts in which a cap by amount does not limit."""
    cap = file.tariff.cap
    if cap is None or cap.percent is not None:
        return ()
    return sorted(_currencies(file) - cap.amounts.keys())


def _unpriced(file: TariffFile) -> Sequence[str]:
    """Return the currencies of accounts in which no rate has a price."""
    penalties = file.tariff.penalties
    if any(penalty.percent is not None for penalty in penalties):
        return ()
    priced = {currency for penalty in penalties for currency in penalty.amounts}
    return sorted(_currencies(file) - priced)


def _unrated(file: TariffFile) -> Sequence[str]:
    """Return the levels that are free and that no rate names, if each rate names its levels."""
    tariff = file.tariff
    if not all(penalty.levels for penalty in tariff.penalties):
        return ()
    rated = {level for penalty in tariff.penalties for level in penalty.levels}
    return sorted({level for free in tariff.free for level in free.levels} - rated)


def _currencies(file: TariffFile) -> set[str]:
    return {terms.currency for all_of_it in file.tariff.accounts.values() for terms in all_of_it}


def _cost_lines(found: Assessment, told: BreachFile) -> Iterator[str]:
    rows = list(_rows(found))
    width = max((len(row[5]) for row in rows), default=0)
    if rows:
        padded = ((*row[:5], row[5].rjust(width), row[6]) for row in rows)
        yield from aligned([_HEADINGS, *padded])
        yield ""
        yield from aligned([("total", "", "", "", ""), *_totals(found)])
        yield ""
    for charge in found.free:
        yield f"free: {charge.key.account}: {charge.key.item} {charge.breach.level}"
    for one in found.held:
        account = f" for {one.account}" if one.account else ""
        place = f"{one.breach.item.tenant}: {one.breach.item} {one.breach.level}"
        yield f"held: {place}{account}: {one.reason}"
    yield (
        f"{_many(len(told.breaches), 'breach')} told of, {found.held_breaches} held; "
        f"{_many(told.others, 'line')} of other types"
    )


def _rows(found: Assessment) -> Iterator[tuple[str, ...]]:
    for key, level, amount in _costs(found):
        place = (key.account.tenant, key.account.customer, key.month, key.item, level or "")
        yield (*place, amount_text(amount, key.currency), key.currency)


def _costs(found: Assessment) -> Iterator[tuple[LineKey, str | None, int]]:
    """Yield what each item costs, also nothing, with its level, and what a cap takes off."""
    level_of = {charge.key: charge.breach.level for charge in found.charges}
    for key in sorted(level_of.keys() | found.owed.keys()):
        yield key, level_of.get(key), found.owed.get(key, 0)


def _totals(found: Assessment) -> Iterator[tuple[str, ...]]:
    sums = added((key._replace(item=""), amount) for key, amount in found.owed.items())
    for key, total in sums.items():
        text = amount_text(total, key.currency)
        yield (key.account.tenant, key.account.customer, key.month, text, key.currency)


def _tariff_rows(files: Sequence[TariffFile]) -> Iterator[str]:
    for file in files:
        one = file.tariff
        yield _json(
            {
                "row": "tariff",
                "tariff": one.id,
                "version": one.version,
                "file": file.file,
                "effective_from": None if one.effective_from is None else written(one.effective_from),
                "rounding": one.rounding,
                "sha256": one.sha256,
                "rates": len(one.penalties),
                "accounts": len(one.accounts),
                "desks": len(one.desks),
                "notices": list(_notices(file)),
            }
        )


def _cost_rows(found: Assessment) -> Iterator[str]:
    for key, level, amount in _costs(found):
        row: dict[str, Any] = {
            "row": "owed",
            "tenant": key.account.tenant,
            "customer_id": key.account.customer,
            "month": key.month,
            "item": key.item,
            "level": level,
            "amount": amount_text(amount, key.currency),
            "currency": key.currency,
        }
        yield _json(row)
    for charge in found.free:
        row = {
            "row": "free",
            "tenant": charge.key.account.tenant,
            "customer_id": charge.key.account.customer,
            "month": charge.key.month,
            "item": charge.key.item,
            "level": charge.breach.level,
        }
        yield _json(row)
    for one in found.held:
        yield _json(
            {
                "row": "held",
                "tenant": one.breach.item.tenant,
                "customer_id": one.account.customer if one.account else one.breach.customer_id,
                "item": str(one.breach.item),
                "level": one.breach.level,
                "breach_id": one.breach.breach_id,
                "reason": one.reason.name.lower(),
                "text": one.reason,
            }
        )


def _json(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _many(count: int, what: str) -> str:
    ending = "es" if what.endswith("ch") else "s"
    return f"{count:,} {what}{'' if count == 1 else ending}"
