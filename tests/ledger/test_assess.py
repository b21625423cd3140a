"""What is owed: one level of each item, priced by the version of its due instant; free counts, caps."""

from typing import Any

import pytest

from service.ledger.assess import Assessment, HoldReason, assess
from service.ledger.breach import Breach
from service.ledger.lines import CAP
from tests.ledger.stories import breached, retracted, tariffs

DAY_BEFORE, DAY = "2026-10-04T15:59:59.999Z", "2026-10-04T16:00:00.000Z"  # in Shanghai


def owed(*breaches: Breach, **changes: Any) -> dict[tuple[str, str, str], int]:
    """Minor units by customer, item and currency."""
    found = assess(breaches, tariffs(changes))
    assert found.held == []
    return {(key.account.customer, key.item, key.currency): amount for key, amount in found.owed.items()}


def amounts(*breaches: Breach, **changes: Any) -> list[int]:
    return list(owed(*breaches, **changes).values())


def held(*breaches: Breach, **changes: Any) -> list[HoldReason]:
    found = assess(breaches, tariffs(changes))
    assert found.owed == {}
    return [one.reason for one in found.held]


def test_of_an_item_the_level_of_the_highest_rank_that_stands_is_owed() -> None:
    assert amounts(breached(level="minor"), breached(level="major")) == [20000]
    assert amounts(breached(level="minor"), retracted(level="major")) == [5000]
    assert amounts(retracted(level="minor"), breached(level="major")) == [20000]
    assert amounts(retracted(level="minor"), retracted(level="major")) == []


def test_a_level_without_a_price_is_held_and_no_lower_one_is_charged() -> None:
    assert held(breached(level="minor"), breached(level="critical", rank=3)) == [HoldReason.NO_PRICE]


def test_without_ranks_the_level_that_no_other_supersedes_is_owed() -> None:
    minor = breached(level="minor", rank=None)
    major = breached(level="major", rank=None, supersedes=minor.breach_id)
    assert amounts(minor, major) == amounts(major, minor) == [20000]
    assert held(minor, breached(level="major", rank=None)) == [HoldReason.NO_RANK] * 2
    assert held(breached(level="minor", rank=2), breached(level="major")) == [HoldReason.NO_RANK] * 2


@pytest.mark.parametrize(
    ("changes", "tariff", "reason"),
    [
        ({"zone": None}, {}, HoldReason.NO_ZONE),
        ({}, {"effective_from": "2026-10-05T02:30:00.001Z"}, HoldReason.NO_TARIFF),
        ({"customer_id": None}, {}, HoldReason.NO_CUSTOMER),
        ({"tenant": "other"}, {}, HoldReason.NO_ACCOUNT),
        ({"clock": "resolution"}, {}, HoldReason.NO_PRICE),
        ({}, {"accounts": {"acme/*": {"currency": "JPY"}}}, HoldReason.NO_CURRENCY),
        (
            {},
            {"rates": [{"percent": "5"}], "accounts": {"acme/*": {"currency": "CNY"}}},
            HoldReason.NO_FEE,
        ),
        ({}, {"rates": [{"percent": "5", "max": {"JPY": "1"}}]}, HoldReason.NO_CURRENCY),
        ({}, {"rates": [{"amount": {"CNY": "1"}, "per": "1h"}]}, HoldReason.NO_OVERRUN),
        (
            {"overrun_seconds": 10**9},
            {"rates": [{"amount": {"CNY": "1000"}, "per": "1ms"}]},
            HoldReason.TOO_LARGE,
        ),
    ],
)
def test_what_lacks_something_is_held_with_the_reason(
    changes: dict[str, Any], tariff: dict[str, Any], reason: HoldReason
) -> None:
    assert held(breached(**changes), **tariff) == [reason]


def test_a_rate_of_zero_is_a_price() -> None:
    found = assess([breached()], tariffs({"rates": [{"amount": {"CNY": "0"}}]}))
    assert (found.owed, found.held, len(found.charges)) == ({}, [], 1)


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({}, True),
        ({"policy": "letter"}, True),
        ({"policy": "other"}, False),
        ({"clock": ["x", "response"]}, True),
        ({"clock": "x"}, False),
        ({"level": "minor"}, True),
        ({"level": "major"}, False),
        ({"tenant": "acme"}, True),
        ({"tenant": "other"}, False),
    ],
)
def test_the_first_rate_that_fits_counts(condition: dict[str, Any], fits: bool) -> None:
    rates = [{**condition, "amount": {"CNY": "7"}}, {"amount": {"CNY": "9"}}]
    assert amounts(breached(), rates=rates if condition else rates[:1]) == [700 if fits else 900]


@pytest.mark.parametrize(
    ("rounding", "minor"), [("half_up", 1500), ("half_even", 1500), ("down", 1499), (None, 1500)]
)
def test_a_percentage_is_of_the_monthly_fee_and_rounded(rounding: str | None, minor: int) -> None:
    changes = {"rounding": rounding} if rounding else {}
    assert amounts(breached(), rates=[{"percent": "5"}], **changes) == [minor]  # of 299.90: 14.995


@pytest.mark.parametrize(
    ("seconds", "units"),
    [(0.001, 1), (3599.999, 1), (3600, 1), (3600.001, 2), (7199.999, 2), (7200, 2), (7200.001, 3)],
)
def test_by_overrun_each_stretch_begun_is_owed(seconds: float, units: int) -> None:
    rate = {"amount": {"CNY": "10"}, "per": "1h"}
    assert amounts(breached(overrun_seconds=seconds), rates=[rate]) == [1000 * units]


@pytest.mark.parametrize(("hours", "minor"), [(4, 4000), (5, 5000), (6, 5000)])
def test_by_overrun_at_most_max_is_owed(hours: int, minor: int) -> None:
    rate = {"amount": {"CNY": "10"}, "per": "1h", "max": {"CNY": "50"}}
    assert amounts(breached(overrun_seconds=hours * 3600), rates=[rate]) == [minor]


@pytest.mark.parametrize(("most", "minor"), [("59.97", 5997), ("59.98", 5998), ("59.99", 5998)])
def test_a_percentage_has_a_max_too(most: str, minor: int) -> None:
    assert amounts(breached(), rates=[{"percent": "20", "max": {"CNY": most}}]) == [minor]


@pytest.mark.parametrize(("cap", "off"), [("249.99", -1), ("250.00", None), ("250.01", None)])
def test_a_cap_brings_an_accounts_month_down_to_it(cap: str, off: int | None) -> None:
    breaches = (breached("T-1", "minor"), breached("T-2", "major"))
    found = owed(*breaches, cap={"amount": {"CNY": cap}})
    assert found.get(("C-1", CAP, "CNY")) == off


def test_a_cap_in_per_cent_is_of_the_monthly_fee() -> None:
    breaches = (breached("T-1", "major"), breached("T-2", "major"))
    assert owed(*breaches, cap={"percent": "50"})["C-1", CAP, "CNY"] == 14995 - 40000


def test_each_account_month_and_currency_has_a_cap_of_its_own() -> None:
    breaches = [
        breached("T-1"),
        breached("T-2", customer_id="C-2"),
        breached("T-3", due_at="2026-11-05T02:30:00Z"),
        breached("T-4", customer_id="C-3"),
    ]
    accounts = {"acme/*": {"currency": "CNY"}, "acme/C-3": {"currency": "JPY"}}
    rates = [{"amount": {"CNY": "50", "JPY": "900"}}]
    found = assess(
        breaches, tariffs({"accounts": accounts, "rates": rates, "cap": {"amount": {"CNY": "40"}}})
    )
    capped = {
        (key.account.customer, key.month): amount for key, amount in found.owed.items() if key.item == CAP
    }
    assert capped == {("C-1", "2026-10"): -1000, ("C-1", "2026-11"): -1000, ("C-2", "2026-10"): -1000}


def free(*breaches: Breach, count: int = 1, **changes: Any) -> Assessment:
    return assess(breaches, tariffs({"grace": [{"count": count, "levels": ["minor"]}], **changes}))


def test_the_first_of_a_month_are_free_by_due_instant_and_at_one_instant_by_item() -> None:
    late, early, other = (
        breached("T-1", due_at="2026-10-06T00:00:00.001Z"),
        breached("T-3", due_at="2026-10-06T00:00:00.000Z"),
        breached("T-2", due_at="2026-10-06T00:00:00.000Z"),
    )
    found = free(late, early, other)
    assert [charge.breach.item.ticket_id for charge in found.free] == ["T-2"]
    assert [key.item for key in found.owed] == ["T-1/1/response", "T-3/1/response"]


@pytest.mark.parametrize(("count", "charged"), [(1, 2), (2, 1), (3, 0), (4, 0)])
def test_as_many_are_free_as_grace_says(count: int, charged: int) -> None:
    assert len(free(*(breached(f"T-{n}") for n in range(3)), count=count).owed) == charged


def test_a_free_count_is_for_its_levels_and_each_account_and_month() -> None:
    found = free(
        breached("T-1"),
        breached("T-2", "major"),
        breached("T-3", customer_id="C-2"),
        breached("T-4", due_at="2026-11-05T02:30:00Z"),
    )
    assert [key.item for key in found.owed] == ["T-2/1/response"]


def test_an_item_at_a_higher_level_uses_up_no_free_one_of_a_lower_level() -> None:
    found = free(breached("T-1", "minor"), breached("T-1", "major"), breached("T-2", "minor"))
    assert [key.item for key in found.owed] == ["T-1/1/response"]


@pytest.mark.parametrize(
    ("due_at", "minor"), [(DAY_BEFORE, 5000), (DAY, 7000), ("2026-10-04T16:00:00.001Z", 7000)]
)
def test_the_version_is_that_of_the_due_instant(due_at: str, minor: int) -> None:
    later = {
        "version": 2,
        "effective_from": "2026-10-05T00:00:00+08:00",
        "rates": [{"amount": {"CNY": "70"}}],
    }
    found = assess([breached(due_at=due_at)], tariffs({}, later))
    assert list(found.owed.values()) == [minor]


@pytest.mark.parametrize(("first", "off"), [(DAY_BEFORE, -5000), (DAY, None)])
def test_the_version_of_a_months_first_charge_has_its_cap(first: str, off: int | None) -> None:
    by = tariffs(
        {"cap": {"amount": {"CNY": "50"}}}, {"version": 2, "effective_from": "2026-10-05T00:00:00+08:00"}
    )
    found = assess([breached("T-1", due_at=first), breached("T-2", due_at="2026-10-20T00:00:00Z")], by)
    assert next((amount for key, amount in found.owed.items() if key.item == CAP), None) == off


@pytest.mark.parametrize(("first", "charged"), [(DAY_BEFORE, 1), (DAY, 2)])
def test_the_version_of_a_months_first_charge_says_how_many_are_free(first: str, charged: int) -> None:
    by = tariffs(
        {"grace": [{"count": 1, "levels": ["minor"]}]},
        {"version": 2, "effective_from": "2026-10-05T00:00:00+08:00"},
    )
    found = assess([breached("T-1", due_at=first), breached("T-2", due_at="2026-10-20T00:00:00Z")], by)
    assert len(found.owed) == charged


ACCOUNTS = {
    "acme/*": {"currency": "CNY"},
    "acme/C-1": [
        {"currency": "CNY", "until": "2026-10-05"},
        {"currency": "JPY", "from": "2026-10-05", "until": "2026-10-06"},
    ],
}


@pytest.mark.parametrize(
    ("due_at", "currency"),
    [(DAY_BEFORE, "CNY"), (DAY, "JPY"), ("2026-10-05T15:59:59.999Z", "JPY"), ("2026-10-05T16:00:00Z", None)],
)
def test_terms_hold_by_the_day_in_the_zone_of_the_breach(due_at: str, currency: str | None) -> None:
    found = assess([breached(due_at=due_at)], tariffs({"accounts": ACCOUNTS, "rates": [BOTH]}))
    assert [key.currency for key in found.owed] == ([currency] if currency else [])
    # Its own terms count alone: when they have ended, those of all customers do not hold.
    assert [one.reason for one in found.held] == ([] if currency else [HoldReason.NO_ACCOUNT])


BOTH = {"amount": {"CNY": "50", "JPY": "900"}}


def test_an_outage_of_a_desk_is_owed_to_each_account_that_the_tariff_names() -> None:
    desk = breached("support", customer_id=None, cycle=1792000000000)
    desks = {"acme/support": ["acme/C-1", "acme/C-2"], "acme/other": ["acme/C-3"]}
    item = "support/1792000000000/response"
    assert owed(desk, desks=desks) == {("C-1", item, "CNY"): 5000, ("C-2", item, "CNY"): 5000}


def test_a_breach_that_is_held_for_two_accounts_is_one_held_breach() -> None:
    desk = breached("support", "critical", customer_id=None)
    found = assess([desk], tariffs({"desks": {"acme/support": ["acme/C-1", "acme/C-2"]}}))
    assert (len(found.held), found.held_breaches) == (2, 1)


def test_tenants_share_nothing() -> None:
    accounts = {"acme/*": {"currency": "CNY"}, "other/*": {"currency": "CNY"}}
    breaches = (breached(), breached(tenant="other"))
    found = assess(breaches, tariffs({"accounts": accounts, "cap": {"amount": {"CNY": "50"}}}))
    assert [(key.account.tenant, amount) for key, amount in found.owed.items()] == [
        ("acme", 5000),
        ("other", 5000),
    ]
