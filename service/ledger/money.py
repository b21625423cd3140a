"""Money: exact decimals in arithmetic, whole minor units in what is kept; the digits are those of ISO 4217.

The digits stand here, not in a library: they say what a kept number means, so an update must not change them.
Unicode's tables, which libraries for texts use, have other digits for some currencies, such as HUF and IQD.
"""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact
from enum import StrEnum

LARGEST = 10**12  # units of a currency in one price: sums of millions of lines stay within 64 bits

_CODES_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
        "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
        "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
        "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DIGITS = {code: digits for digits, codes in _CODES_BY_DIGITS.items() for code in codes.split()}
_EXACT = Context(prec=100, traps=[Inexact])  # a product that does not fit is an error, not a rounding
_DECIMAL = re.compile(r"[0-9]{1,13}(\.[0-9]{1,9})?")


class Rounding(StrEnum):
    """How an amount between two minor units becomes one of them."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"


_MODES = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.DOWN: ROUND_DOWN,
}


def read_decimal(text: str) -> Decimal:
    """Return the number that `text` writes, such as `12.50`. Raises ValueError, as the end of a sentence."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError("is no amount; write digits, and decimals after a point: 1250 or 12.50")
    return Decimal(text)


def read_amount(text: str, currency: str) -> int:
    """Return the minor units of an amount such as `12.50`. Raises ValueError, as `read_decimal`."""
    amount = read_decimal(text)
    if amount > LARGEST:
        raise ValueError(f"is larger than {LARGEST:,}")
    digits = DIGITS[currency]
    minor = _EXACT.scaleb(amount, digits)
    if minor != minor.to_integral_value():
        raise ValueError(f"has more decimals than {currency} has, which are {digits}")
    return int(minor)


def amount_text(minor: int, currency: str) -> str:
    """Return minor units as a text with all digits of the currency: `-12.50`, `1250`."""
    digits = DIGITS[currency]
    return f"{Decimal(minor).scaleb(-digits, _EXACT):.{digits}f}"


def share(minor: int, percent: Decimal) -> Decimal:
    """Return that many per cent of an amount, in minor units, exactly."""
    return _EXACT.scaleb(_EXACT.multiply(Decimal(minor), percent), -2)


def times(amount: Decimal, count: int) -> Decimal:
    """Return an amount that many times, exactly."""
    return _EXACT.multiply(amount, Decimal(count))


def rounded(minor: Decimal, rounding: Rounding) -> int:
    """Return the whole minor units of an amount."""
    return int(minor.to_integral_value(_MODES[rounding]))
