"""Booking: what is posted, what each posting names, and which months an event touches."""

import pytest

from service.ledger.book import book
from service.ledger.breach import BadBreachError, Breach
from service.ledger.journal import Posting
from service.ledger.tariff import Tariffs
from tests.ledger.ledgers import Ledger
from tests.ledger.stories import breached, retracted, tariffs

BY = tariffs()
NOVEMBER = "2026-11-05T02:30:00Z"


def booked(ledger: Ledger, *breaches: Breach, by: Tariffs = BY, at: int = 7) -> list[Posting]:
    with ledger.begin() as journal:
        return list(book(journal, breaches, by, at))


def brief(postings: list[Posting]) -> list[tuple[str, str, int]]:
    return [(one.key.item, one.key.month, one.amount) for one in postings]


def test_a_posting_names_the_revision_that_is_charged_and_its_instant(ledger: Ledger) -> None:
    (posting,) = booked(ledger, breached("T-1", "minor"), breached("T-1", "major", epoch=5, revision=3))
    assert posting.amount == 20000
    assert posting.told == (breached("T-1", "major").breach_id, 5, 3)
    assert posting.posted_at == 7


def test_a_higher_level_posts_the_difference(ledger: Ledger) -> None:
    booked(ledger, breached("T-1", "minor"))
    assert brief(booked(ledger, breached("T-1", "major"))) == [("T-1/1/response", "2026-10", 15000)]


def test_a_higher_level_of_another_month_moves_the_charge(ledger: Ledger) -> None:
    booked(ledger, breached("T-1", "minor"))
    moved = booked(ledger, breached("T-1", "major", due_at=NOVEMBER))
    assert brief(moved) == [("T-1/1/response", "2026-10", -5000), ("T-1/1/response", "2026-11", 20000)]


def test_a_retraction_is_named_by_the_posting_that_undoes(ledger: Ledger) -> None:
    booked(ledger, breached("T-1"))
    (posting,) = booked(ledger, retracted("T-1", due_at=None, customer_id=None, policy=None))
    assert (posting.amount, posting.told) == (-5000, (breached("T-1").breach_id, 1, 2))


def test_a_posting_names_the_news_of_its_item_and_not_what_was_told_before(ledger: Ledger) -> None:
    booked(ledger, breached("T-1", "minor", revision=5))
    (raised,) = booked(ledger, breached("T-1", "major"))
    assert raised.told == (breached("T-1", "major").breach_id, 1, 1)
    (lowered,) = booked(ledger, retracted("T-1", "major"))
    assert (lowered.amount, lowered.told) == (-15000, (breached("T-1", "major").breach_id, 1, 2))


def test_news_of_one_month_posts_nothing_to_another_month_of_the_items_there(ledger: Ledger) -> None:
    """T-1 has a level in October, too, so its charge of November is seen when October is assessed."""
    booked(ledger, breached("T-1", "minor"), breached("T-1", "major", due_at=NOVEMBER))
    assert brief(booked(ledger, breached("T-2"))) == [("T-2/1/response", "2026-10", 5000)]


def test_news_of_one_account_posts_nothing_to_another_one_that_a_desk_credits(ledger: Ledger) -> None:
    by = tariffs({"desks": {"acme/support": ["acme/C-1", "acme/C-2"]}})
    booked(ledger, breached("support", customer_id=None), by=by)
    assert brief(booked(ledger, breached("T-2"), by=by)) == [("T-2/1/response", "2026-10", 5000)]


def test_nothing_is_posted_twice(ledger: Ledger) -> None:
    booked(ledger, breached("T-1"))
    assert booked(ledger, breached("T-1")) == booked(ledger) == []


def test_a_breach_that_was_free_frees_the_next_when_it_moves_away(ledger: Ledger) -> None:
    """It was posted nowhere: only what was kept of it says which month it leaves."""
    by = tariffs({"grace": [{"count": 1, "levels": ["minor"]}]})
    first, second = breached("T-1", due_at="2026-10-01T00:00:00Z"), breached("T-2")
    assert brief(booked(ledger, first, second, by=by)) == [("T-2/1/response", "2026-10", 5000)]
    moved = booked(ledger, breached("T-1", revision=2, due_at=NOVEMBER), by=by)
    assert brief(moved) == [("T-2/1/response", "2026-10", -5000)]
    assert moved[0].told == (second.breach_id, 1, 1)


def test_a_breach_that_comes_first_takes_the_free_place(ledger: Ledger) -> None:
    by = tariffs({"grace": [{"count": 1, "levels": ["minor"]}]})
    assert booked(ledger, breached("T-2"), by=by) == []
    first = breached("T-1", due_at="2026-10-01T00:00:00Z")
    assert brief(booked(ledger, first, by=by)) == [("T-2/1/response", "2026-10", 5000)]


def test_a_cap_is_posted_beside_what_it_limits_and_names_no_breach(ledger: Ledger) -> None:
    by = tariffs({"cap": {"amount": {"CNY": "220"}}})
    booked(ledger, breached("T-1", "major"), by=by)
    postings = booked(ledger, breached("T-2"), by=by)
    assert brief(postings) == [("T-2/1/response", "2026-10", 5000), ("cap", "2026-10", -3000)]
    assert postings[1].told is None
    assert brief(booked(ledger, retracted("T-2"), by=by)) == [
        ("T-2/1/response", "2026-10", -5000),
        ("cap", "2026-10", 3000),
    ]


def test_what_was_posted_is_undone_although_the_tariff_no_longer_names_the_account(ledger: Ledger) -> None:
    outage = breached("support", customer_id=None)
    booked(ledger, outage, by=tariffs({"desks": {"acme/support": ["acme/C-1", "acme/C-2"]}}))
    undone = booked(ledger, retracted("support", customer_id=None), by=BY)
    assert [(one.key.account.customer, one.amount) for one in undone] == [("C-1", -5000), ("C-2", -5000)]


def test_an_item_that_moves_to_another_customer_leaves_the_first(ledger: Ledger) -> None:
    booked(ledger, breached("T-1"))
    moved = booked(ledger, breached("T-1", revision=2, customer_id="C-2"))
    assert [(one.key.account.customer, one.amount) for one in moved] == [("C-1", -5000), ("C-2", 5000)]


def test_one_revision_that_says_two_things_books_nothing_of_its_batch(ledger: Ledger) -> None:
    booked(ledger, breached("T-1"))
    with pytest.raises(BadBreachError, match="says two different things"):
        booked(ledger, breached("T-2"), breached("T-1", customer_id="C-2"))
    with ledger.begin() as journal:
        assert list(journal.told()) == [breached("T-1")]
        assert list(journal.posted().values()) == [5000]
