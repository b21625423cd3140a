"""Tariff files: what they may say, what is refused with its line, and that the schema agrees."""

from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from service.ledger.breach import Account
from service.ledger.money import Rounding
from service.ledger.tariff import Cap, Free, Terms
from service.ledger.tariff_file import BadTariff, TariffFile, in_order, read_tariff
from service.ledger.tariff_schema import tariff_schema
from tests.ledger.tariff_texts import GOOD, WRONG_FORM, WRONG_SENSE, with_change
from tests.policy.test_file_schema import parsed

SCHEMA = Draft202012Validator(tariff_schema())
SAMPLES = sorted((Path(__file__).parents[2] / "examples" / "tariffs").glob("*.yaml"))


def read(text: str, accounts: bytes = b"") -> TariffFile:
    def beside(name: str) -> bytes:
        if name != "accounts.csv":
            raise FileNotFoundError(2, "No such file or directory", name)
        return accounts

    return read_tariff("folder/t.yaml", text.encode(), beside)


def refused(text: str, accounts: bytes = b"") -> list[str]:
    with pytest.raises(BadTariff) as bad:
        read(text, accounts)
    return str(bad.value).splitlines()


def test_every_field_is_read() -> None:
    tariff = read(GOOD).tariff
    assert (tariff.id, tariff.version, tariff.effective_from) == ("penalties", 2, 1_767_196_800_000)
    assert tariff.rounding is Rounding.HALF_EVEN
    first, second, third = tariff.penalties
    assert (first.policies, first.clocks) == ({"p-1"}, {"response", "resolution"})
    assert (first.levels, first.tenants, first.line) == ({"minor"}, {"acme"}, 7)
    assert (first.amounts, first.percent, first.per, first.most) == (
        {"CNY": 5000, "JPY": 900},
        None,
        None,
        {},
    )
    assert (second.percent, second.most, second.clocks) == (Decimal("12.5"), {"CNY": 9990}, frozenset())
    assert (third.per, third.most) == (3_600_000, {"CNY": 10000, "JPY": 2000})
    assert tariff.cap == Cap({"CNY": 30000}, None)
    assert tariff.free == (Free(frozenset({"minor", "small"}), 2), Free(frozenset({"major"}), 1))
    assert tariff.accounts == {
        Account("acme", "*"): (Terms("CNY", 29990),),
        Account("acme", "C-1"): (
            Terms("CNY", 10000, None, "2026-07-01"),
            Terms("JPY", None, "2026-07-01", None),
        ),
    }
    assert tariff.desks == {Account("acme", "support"): (Account("acme", "C-1"), Account("acme", "C-2"))}


def test_the_hash_is_of_the_content_and_not_of_its_layout() -> None:
    digest = read(GOOD).tariff.sha256
    assert read(f"# a comment\n{GOOD}").tariff.sha256 == digest
    assert read(with_change('"50.00"', "50.00")).tariff.sha256 == digest
    assert read(with_change('"50.00"', "50.0")).tariff.sha256 != digest


@pytest.mark.parametrize(("old", "new", "where"), [*WRONG_FORM, *WRONG_SENSE])
def test_what_is_wrong_is_told_with_file_line_field_and_reason(old: str, new: str, where: str) -> None:
    lines = refused(with_change(old, new))
    assert any(where in line for line in lines), lines
    assert all(line.startswith("folder/t.yaml:") for line in lines), lines


@pytest.mark.parametrize(("old", "new", "where"), WRONG_FORM)
def test_the_schema_refuses_what_it_can_see(old: str, new: str, where: str) -> None:
    for document in parsed(with_change(old, new)):
        assert list(SCHEMA.iter_errors(document))


@pytest.mark.parametrize(("old", "new", "where"), WRONG_SENSE)
def test_the_schema_accepts_what_it_cannot_see(old: str, new: str, where: str) -> None:
    for document in parsed(with_change(old, new)):
        assert not [error.message for error in SCHEMA.iter_errors(document)]


def test_the_schema_is_a_schema_and_takes_every_field() -> None:
    SCHEMA.check_schema(SCHEMA.schema)
    for document in parsed(GOOD):
        assert not [error.message for error in SCHEMA.iter_errors(document)]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_our_samples_are_good(path: Path) -> None:
    assert len(SAMPLES) == 2
    read_tariff(str(path), path.read_bytes(), lambda name: (path.parent / name).read_bytes())
    for document in parsed(path.read_text(encoding="utf-8")):
        assert not [error.message for error in SCHEMA.iter_errors(document)]


def test_every_problem_of_a_file_is_told() -> None:
    lines = refused(GOOD.replace("half_even", "up").replace("12.5", "x").replace("count: 1", "count: y"))
    assert [line.split(": ")[0] for line in lines] == [
        "folder/t.yaml:5",
        "folder/t.yaml:8",
        "folder/t.yaml:13",
    ]


@pytest.mark.parametrize("text", ["", "[]", "a: [", "\x00", "tariff: a"])
def test_what_is_no_tariff_is_refused(text: str) -> None:
    assert refused(text)


CSV_TARIFF = "tariff: t\nversion: 1\nrates: [{amount: {CNY: 1}}]\naccounts: accounts.csv\n"
CSV = "account,currency,monthly_fee,from,until\n"


def test_accounts_may_stand_in_a_csv_file() -> None:
    rows = f'{CSV}acme/*,CNY,,,\r\n\nacme/C-1,JPY,100,,2026-07-01\n"acme/C-1", CNY ,"0.50",2026-07-01,\n'
    assert read(CSV_TARIFF, b"\xef\xbb\xbf" + rows.encode()).tariff.accounts == {
        Account("acme", "*"): (Terms("CNY", None),),
        Account("acme", "C-1"): (
            Terms("JPY", 100, None, "2026-07-01"),
            Terms("CNY", 50, "2026-07-01", None),
        ),
    }
    assert read(CSV_TARIFF, b"currency,account\nCNY,acme/*\n").tariff.accounts


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("account,curency\nacme/*,CNY\n", ":1: curency: no such field; did you mean currency?"),
        ("account\nacme/*\n", ":1: currency: is missing"),
        ("account,currency,account\na/b,CNY,c\n", ":1: names a column twice"),
        (f"{CSV}acme/*,CNY,1,,,,\n", ":2: has 7 cells, and the first line names 5 columns"),
        (f"{CSV}acme/*\n", ":2: currency: is missing"),
        (f"{CSV},CNY\n", ":2: account: is missing"),
        (f"{CSV}acme,CNY\n", ":2: account: “acme” is no account; write tenant/customer"),
        (f"{CSV}a/b,CNY\na/c,EURO\n", ":3: currency: “EURO” is no currency code"),
        (f"{CSV}a/b,CNY,1.234\n", ":2: monthly_fee: “1.234” has more decimals than CNY"),
        (f"{CSV}a/b,CNY,,2026-07-01\na/b,CNY\n", ": has days that other terms of the account have, too"),
        (f'{CSV}a/b,"CNY', ":2: is no CSV: unexpected end of data"),
    ],
)
def test_what_is_wrong_in_a_csv_file_is_told_with_its_own_line(rows: str, problem: str) -> None:
    lines = refused(CSV_TARIFF, rows.encode())
    assert any(line.startswith("folder/accounts.csv:") and problem in line for line in lines), lines


@pytest.mark.parametrize(
    ("text", "accounts", "problem"),
    [
        (CSV_TARIFF, b"", "accounts.csv:1: account: is missing"),
        (CSV_TARIFF, CSV.encode(), "t.yaml:4: accounts: accounts.csv has no account"),
        (
            CSV_TARIFF,
            "account,currency\nacme/客,CNY".encode("gb18030"),
            "accounts.csv:2: is not UTF-8; save it",
        ),
        (
            CSV_TARIFF.replace("accounts.csv", "no.csv"),
            b"",
            "t.yaml:4: accounts: no.csv cannot be read: No such file or directory",
        ),
        (CSV_TARIFF.replace("accounts.csv", "{}"), b"", "t.yaml:4: accounts: needs at least one account"),
    ],
)
def test_a_file_of_accounts_that_cannot_be_used_is_told(text: str, accounts: bytes, problem: str) -> None:
    assert problem in refused(text, accounts)[0]


def version(number: int, since: str | None = None, name: str = "t") -> TariffFile:
    line = f"effective_from: {since}\n" if since else ""
    rest = "rates: [{amount: {CNY: 1}}]\naccounts: {a/*: {currency: CNY}}\n"
    text = f"tariff: {name}\nversion: {number}\n{line}{rest}"
    return read_tariff(f"v{number}.yaml", text.encode(), lambda _: b"")


SEPTEMBER, OCTOBER = "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"


def test_versions_are_in_force_one_after_the_other() -> None:
    tariffs = in_order([version(3, OCTOBER), version(1), version(2, SEPTEMBER)])
    assert [one.version for one in tariffs.versions] == [1, 2, 3]
    starts = [tariffs.versions[1].effective_from, tariffs.versions[2].effective_from]
    for start, before, after in zip(starts, [1, 2], [2, 3], strict=True):
        assert start is not None
        found = [tariffs.at(start + beside) for beside in (-1, 0, 1)]
        assert [one.version if one else None for one in found] == [before, after, after]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            [version(1), version(2)],
            "v2.yaml:1: effective_from: is missing; only the first version may leave it",
        ),
        (
            [version(1, OCTOBER), version(2, OCTOBER)],
            "v2.yaml:3: effective_from: must be later than that of version 1",
        ),
        ([version(1, OCTOBER), version(2, SEPTEMBER)], "must be later than that of version 1 in v1.yaml"),
        ([version(1), version(1, OCTOBER)], "v1.yaml:2: version: 1 is in v1.yaml, too"),
        ([version(1), version(2, OCTOBER, "u")], "v2.yaml:1: tariff: is not t, as in v1.yaml"),
    ],
)
def test_versions_that_do_not_fit_together_are_refused(files: list[TariffFile], problem: str) -> None:
    with pytest.raises(BadTariff) as bad:
        in_order(files)
    assert problem in str(bad.value)


def test_a_tenant_ends_at_the_first_slash_so_that_one_text_names_one_account() -> None:
    text = CSV_TARIFF.replace("accounts.csv", "{a/b/c: {currency: CNY}}")
    assert list(read(text).tariff.accounts) == [Account("a", "b/c")]
