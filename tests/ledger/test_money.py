"""Money is exact: decimals in, whole minor units kept, the digits those of ISO 4217."""

from decimal import Decimal

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger.money import (
    DIGITS,
    LARGEST,
    Rounding,
    amount_text,
    read_amount,
    read_decimal,
    rounded,
    share,
    times,
)


def test_the_digits_are_those_that_iso_4217_publishes() -> None:
    published = {row["Ccy"]: row["CcyMnrUnts"] for row in iso4217.raw_table.values() if row["Ccy"]}
    assert {code: int(digits) for code, digits in published.items() if digits.isdigit()} == DIGITS


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "CNY", 1250),
        ("12.5", "CNY", 1250),
        ("12", "CNY", 1200),
        ("0", "CNY", 0),
        ("1000", "JPY", 1000),
        ("1.005", "KWD", 1005),
        ("12.500", "CNY", 1250),
        ("1000000000000", "CLF", 10**16),
    ],
)
def test_a_text_has_its_minor_units(text: str, currency: str, minor: int) -> None:
    assert read_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "reason"),
    [
        ("12.505", "CNY", "has more decimals than CNY has, which are 2"),
        ("1.5", "JPY", "has more decimals than JPY has, which are 0"),
        ("1,250.00", "CNY", "is no amount; write digits"),
        ("-5", "CNY", "is no amount"),
        ("1e3", "CNY", "is no amount"),
        ("٣", "CNY", "is no amount"),
        (".5", "CNY", "is no amount"),
        (f"{LARGEST}.01", "CNY", "is larger than 1,000,000,000,000"),
    ],
)
def test_a_text_that_is_no_price_says_why(text: str, currency: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_amount(text, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (-1250, "CNY", "-12.50"),
        (5, "CNY", "0.05"),
        (0, "JPY", "0"),
        (-7, "KWD", "-0.007"),
        (0, "CNY", "0.00"),
    ],
)
def test_minor_units_have_all_their_digits(minor: int, currency: str, text: str) -> None:
    assert amount_text(minor, currency) == text


@given(st.integers(0, LARGEST), st.sampled_from(sorted(DIGITS)))
def test_text_and_minor_units_are_each_others_reverse(minor: int, currency: str) -> None:
    assert read_amount(amount_text(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "half_up", "half_even", "down"),
    [
        ("1499.49", 1499, 1499, 1499),
        ("1499.5", 1500, 1500, 1499),
        ("1499.51", 1500, 1500, 1499),
        ("1500.49", 1500, 1500, 1500),
        ("1500.5", 1501, 1500, 1500),
        ("1500.51", 1501, 1501, 1500),
        ("1501", 1501, 1501, 1501),
    ],
)
def test_rounding(minor: str, half_up: int, half_even: int, down: int) -> None:
    assert [rounded(Decimal(minor), one) for one in Rounding] == [half_up, half_even, down]


def test_a_share_is_exact_however_long() -> None:
    assert share(10**16 - 1, read_decimal("12.345678901")) == Decimal("1234567890099999.87654321099")
    assert times(Decimal("0.1"), 3) == Decimal("0.3")
