"""A tariff file with every field of the language, and what can be wrong with it."""

GOOD = """
tariff: penalties
version: 2
effective_from: 2026-01-01T00:00:00+08:00
rounding: half_even
rates:
  - {policy: p-1, clock: [response, resolution], level: minor, tenant: acme, amount: {CNY: "50.00", JPY: 900}}
  - {level: major, percent: 12.5, max: {CNY: 99.90}}
  - {level: critical, amount: {CNY: 10, JPY: 200}, per: 1h, max: {CNY: 100, JPY: 2000}}
cap: {amount: {CNY: 300.00}}
grace:
  - {count: 2, levels: [minor, small]}
  - {count: 1, levels: major}
accounts:
  acme/*: {currency: CNY, monthly_fee: 299.90}
  acme/C-1:
    - {currency: CNY, monthly_fee: 100, until: "2026-07-01"}
    - {currency: JPY, from: "2026-07-01"}
desks:
  acme/support: [acme/C-1, acme/C-2]
"""

# old, new, what a problem says: seen by the schema as well
WRONG_FORM = [
    ("tariff: penalties", "tarif: penalties", "tarif: no such field; did you mean tariff?"),
    ("version: 2", "version: 0", "version: “0” must be a whole number from 1"),
    ("version: 2\n", "", "version: is missing"),
    (
        "2026-01-01T00:00:00+08:00",
        '"2026-01-01T00:00:00"',
        "effective_from: “2026-01-01T00:00:00” is no instant",
    ),
    ("half_even", "half_evn", "rounding: “half_evn” is no way to round; did you mean half_even?"),
    ("clock: [response, resolution]", "clock: []", "rates[0].clock: must not be an empty list"),
    ("level: minor,", "level: mi nor,", "rates[0].level: “mi nor” must have 1 to 128 characters"),
    ('CNY: "50.00"', 'cny: "50.00"', "rates[0].amount.cny: “cny” is no currency code of ISO 4217; write CNY"),
    ('CNY: "50.00"', 'RMB: "50.00"', "“RMB” is no currency code of ISO 4217; write CNY"),
    ('CNY: "50.00"', 'XAU: "50.00"', "“XAU” is no currency code of ISO 4217; write for example CNY"),
    ('"50.00"', '"50,00"', "rates[0].amount.CNY: “50,00” is no amount; write digits"),
    ('"50.00"', "-50", "“-50” is no amount"),
    ('{CNY: "50.00", JPY: 900}', "{}", "rates[0].amount: needs an amount; write for example"),
    ("percent: 12.5", "percent: 0", "rates[1].percent: “0” must be above 0 and at most 1000"),
    ("percent: 12.5", "percent: 1000.01", "rates[1].percent: “1000.01” must be above 0 and at most 1000"),
    ("percent: 12.5", 'percent: "5%"', "rates[1].percent: “5%” is no number; write for example 5 or 12.5"),
    ("percent: 12.5, ", "", "rates[1]: needs either amount or percent"),
    ("percent: 12.5,", "percent: 12.5, amount: {CNY: 1},", "rates[1]: needs either amount or percent"),
    ("per: 1h", "per: 1", "rates[2].per: “1” has no unit"),
    ("per: 1h, ", "", "rates[2].max: limits rates with per or percent; leave it out"),
    ("cap: {amount: {CNY: 300.00}}", "cap: {}", "cap: needs either amount or percent"),
    ("{count: 2, levels: [minor, small]}", "{levels: [minor]}", "grace[0].count: is missing"),
    ("count: 2", "count: 0", "grace[0].count: “0” must be a whole number from 1"),
    ("acme/*: {", "acme: {", "accounts.acme: “acme” is no account; write tenant/customer"),
    ("{currency: CNY, monthly_fee: 299.90}", "{monthly_fee: 299.90}", "accounts.acme/*.currency: is missing"),
    ("{currency: CNY, monthly_fee: 299.90}", "[]", "accounts.acme/*: must not be an empty list"),
    (
        'from: "2026-07-01"',
        'from: "1 July"',
        "accounts.acme/C-1[1].from: “1 July” is no day; write for example",
    ),
    ("acme/support: [", "support: [", "desks.support: “support” is no account; write tenant/customer"),
    ("[acme/C-1, acme/C-2]", "[]", "desks.acme/support: must not be an empty list"),
]

# the checker alone sees these
WRONG_SENSE = [
    ('"50.00"', '"50.005"', "rates[0].amount.CNY: “50.005” has more decimals than CNY has, which are 2"),
    (
        "JPY: 900}",
        "JPY: 900.5}",
        "rates[0].amount.JPY: “900.5” has more decimals than JPY has, which are 0",
    ),
    ("max: {CNY: 100, JPY: 2000}", "max: {CNY: 100}", "rates[2].max: has no JPY, which amount has"),
    (
        "policy: p-1, clock: [response, resolution], level: minor, tenant: acme, ",
        "",
        "rates[1]: can never count: the rate on line 7 fits",
    ),
    (
        "level: critical",
        "level: major, clock: x",
        "rates[2]: can never count: the rate on line 8 fits all that it fits",
    ),
    ("levels: major", "levels: [small]", "grace[1]: names small, which an earlier entry has"),
    (
        "cap: {amount: {CNY: 300.00}}",
        "cap: {percent: 50}",
        "cap: is per cent of the fee, and account acme/C-1 has no monthly_fee",
    ),
    (
        'until: "2026-07-01"',
        'until: "2026-07-02"',
        "accounts.acme/C-1[1]: has days that other terms of the account have, too",
    ),
    (', until: "2026-07-01"', "", "accounts.acme/C-1[1]: has days that other terms of the account have, too"),
    (
        'from: "2026-07-01"',
        'from: "2026-07-01", until: "2026-07-01"',
        "until 2026-07-01 is not after from 2026-07-01",
    ),
    ('from: "2026-07-01"', 'from: "2026-02-30"', "“2026-02-30” is no day; write for example 2026-10-01"),
    ("[acme/C-1, acme/C-2]", "[acme/*]", "desks.acme/support[0]: stands for customers that nobody listed"),
    (
        "[acme/C-1, acme/C-2]",
        "[other/C-1]",
        "desks.acme/support[0]: is of another tenant than the desk, which is of acme",
    ),
    ("[acme/C-1, acme/C-2]", "[acme/C-1, acme/C-1]", "desks.acme/support: names an account twice"),
    (
        "  acme/*: {currency: CNY, monthly_fee: 299.90}\n",
        "",
        "desks.acme/support[1]: is no account of accounts",
    ),
    ("per: 1h", "per: 0s", "rates[2].per: “0s” must be longer than nothing"),
    ("per: 1h", "per: 24h0m0.0001s", "is finer than a millisecond"),
]


def with_change(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)
