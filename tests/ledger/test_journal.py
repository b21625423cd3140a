"""The contract of a journal: what every implementation keeps, gives back, and undoes as a whole."""

from typing import NoReturn

import pytest

from service.ledger.breach import Account, Breach, Item
from service.ledger.document import DocumentKind, Issue, sealed
from service.ledger.journal import BreachRevision, Journal, Posting
from service.ledger.lines import CAP, AccountMonth, LineKey
from tests.ledger.ledgers import Ledger
from tests.ledger.stories import breached, retracted

C1, C2, OTHER = Account("acme", "C-1"), Account("acme", "C-2"), Account("other", "C-1")
ITEM = "T-1/1/response"
TOLD = BreachRevision("75467b9b-3f5d-57b8-9c9a-696914019d34", 1, 1)
MANY = 2_500  # more than go into one statement


def key(account: Account = C1, month: str = "2026-10", item: str = ITEM, currency: str = "CNY") -> LineKey:
    return LineKey(account, month, item, currency)


def posting(amount: int, of: LineKey | None = None, at: int = 1) -> Posting:
    of = of or key()
    return Posting(of, amount, None if of.item == CAP else TOLD, at)


def issue(amount: int, account: Account = C1, month: str = "2026-10", item: str = ITEM) -> Issue:
    return Issue(account, month, "CNY", ((item, amount),))


def ids(breaches: "list[Breach]") -> set[str]:
    return {one.breach_id for one in breaches}


def test_an_empty_journal_has_nothing(ledger: Ledger) -> None:
    with ledger.begin() as journal:
        assert list(journal.told()) == list(journal.told_of({Item("acme", "T-1", 1, "response")})) == []
        assert list(journal.told_in({AccountMonth(C1, "2026-10")})) == list(journal.told_in(())) == []
        assert journal.posted() == journal.posted(()) == journal.undocumented() == journal.closed() == {}
        assert set(journal.months_posted_to({Item("acme", "T-1", 1, "response")})) == set()
        assert journal.last_document("acme") is journal.first_document(C1, "2026-10", "CNY") is None
        assert list(journal.documents("acme")) == []


def test_what_is_kept_comes_back_as_it_was_in_the_next_transaction(ledger: Ledger) -> None:
    full = breached(
        "t/ick/et",
        "major",
        epoch=2**62,
        cycle=2**63 - 1,
        supersedes=TOLD.breach_id,
        overrun_seconds=12.345,
        zone="+08:00",
        customer_id="客户",
    )
    bare = retracted("T-2", due_at=None, customer_id=None, policy=None, zone=None, rank=None)
    with ledger.begin() as journal:
        journal.keep([full, bare])
    with ledger.begin() as journal:
        assert {one.breach_id: one for one in journal.told()} == {one.breach_id: one for one in (full, bare)}


def test_what_is_kept_replaces_what_was_told_of_the_same_breach(ledger: Ledger) -> None:
    with ledger.begin() as journal:
        journal.keep([breached("T-1"), breached("T-2")])
        journal.keep([retracted("T-1")])
        assert {one.item.ticket_id: one.stands for one in journal.told()} == {"T-1": False, "T-2": True}


def test_told_of_gives_all_levels_of_the_items_and_of_no_other(ledger: Ledger) -> None:
    mine = [breached("T-1"), retracted("T-1", "major")]
    others = [
        breached("T-1", tenant="other"),
        breached("T-2"),
        breached("T-1", cycle=2),
        breached("T-1", clock="resolution"),
    ]
    with ledger.begin() as journal:
        journal.keep([*mine, *others])
        assert ids(list(journal.told_of({mine[0].item}))) == ids(mine)


def test_told_in_gives_the_items_with_a_breach_that_stands_there_and_all_their_levels(ledger: Ledger) -> None:
    there = breached("T-1", "minor")
    elsewhere = breached("T-1", "major", due_at="2026-11-05T02:30:00Z", customer_id="C-2")
    fallen = retracted("T-2")
    desk, other_desk = (
        breached("support", customer_id=None),
        breached("support", customer_id=None, tenant="other"),
    )
    others = [
        breached("T-3", customer_id="C-2"),
        breached("T-4", tenant="other"),
        breached("T-5", due_at="2026-09-05T02:30:00Z"),
        breached("T-6", zone=None),
    ]
    with ledger.begin() as journal:
        journal.keep([there, elsewhere, fallen, desk, other_desk, *others])
        found = journal.told_in({AccountMonth(C1, "2026-10")})
        assert ids(list(found)) == ids([there, elsewhere, desk])
        assert len(found) == 3


def test_many_keys_are_asked_for_at_once(ledger: Ledger) -> None:
    breaches = [breached(f"T-{number}", customer_id=f"C-{number}") for number in range(MANY)]
    months = {AccountMonth(Account("acme", f"C-{number}"), "2026-10") for number in range(MANY)}
    postings = [
        posting(1, key(Account("acme", f"C-{number}"), item=f"T-{number}/1/response"))
        for number in range(MANY)
    ]
    with ledger.begin() as journal:
        journal.keep(breaches)
        journal.keep(breaches)
        journal.post(postings)
        assert len(journal.told_in(months)) == len(journal.told_of({one.item for one in breaches})) == MANY
        assert set(journal.months_posted_to({one.item for one in breaches})) == months
        assert len(journal.posted(months)) == MANY


def test_postings_add_up_by_account_month_item_and_currency(ledger: Ledger) -> None:
    keys = [
        key(),
        key(C2),
        key(OTHER),
        key(month="2026-11"),
        key(item="T-2/1/response"),
        key(item=CAP),
        key(currency="JPY"),
    ]
    with ledger.begin() as journal:
        journal.post([posting(amount, of) for of in keys for amount in (5, 7)])
        assert journal.posted() == dict.fromkeys(keys, 12)
        assert all(type(amount) is int for amount in journal.posted().values())
        assert set(journal.posted({AccountMonth(C1, "2026-10")})) == {keys[0], *keys[4:]}


def test_an_item_has_the_months_it_was_posted_to_even_when_it_nets_to_zero(ledger: Ledger) -> None:
    of_other = Item("other", "T-1", 1, "response")
    with ledger.begin() as journal:
        journal.post([posting(5), posting(-5), posting(5, key(C2, "2026-11")), posting(1, key(OTHER))])
        found = journal.months_posted_to({breached("T-1").item})
        assert set(found) == {AccountMonth(C1, "2026-10"), AccountMonth(C2, "2026-11")}
        assert set(journal.months_posted_to({of_other})) == {AccountMonth(OTHER, "2026-10")}


def test_closed_months_are_kept_with_their_instant(ledger: Ledger) -> None:
    with ledger.begin() as journal:
        journal.close("2026-10", 17)
    with ledger.begin() as journal:
        assert journal.closed() == {"2026-10": 17}


def test_undocumented_is_what_was_posted_to_closed_months_minus_what_documents_say(ledger: Ledger) -> None:
    with ledger.begin() as journal:
        journal.post([posting(50), posting(7, key(C2)), posting(1, key(month="2026-11"))])
        assert journal.undocumented() == {}
        journal.close("2026-10", 1)
        assert journal.undocumented() == {key(): 50, key(C2): 7}
        journal.issue([sealed(DocumentKind.STATEMENT, issue(50), None, 1, None)])
        assert journal.undocumented() == {key(C2): 7}
        journal.post([posting(-50)])
        assert journal.undocumented() == {key(): -50, key(C2): 7}


def test_documents_come_back_as_they_were_issued(ledger: Ledger) -> None:
    several = Issue(C1, "2026-10", "CNY", (("T-1/1/response", 5), ("T-2/1/response", 7), (CAP, -2)))
    first = sealed(DocumentKind.STATEMENT, several, None, 1, None)
    second = sealed(DocumentKind.DEBIT_NOTE, issue(-5), 1, 2, first)
    others = sealed(DocumentKind.STATEMENT, issue(9, OTHER), None, 3, None)
    with ledger.begin() as journal:
        journal.issue([first, second, others])
        journal.issue([])
    with ledger.begin() as journal:
        assert list(journal.documents("acme")) == [first, second]
        assert list(journal.documents("other")) == [others]
        assert journal.last_document("acme") == second
        assert journal.first_document(C1, "2026-10", "CNY") == 1
        assert journal.first_document(C1, "2026-10", "JPY") is None
        assert journal.first_document(C1, "2026-11", "CNY") is None
        assert journal.first_document(C2, "2026-10", "CNY") is None


class Torn(Exception):
    pass


def _fill(journal: Journal) -> NoReturn:
    journal.keep([retracted("T-1"), breached("T-2")])
    journal.post([posting(5)])
    journal.close("2026-10", 1)
    journal.issue([sealed(DocumentKind.STATEMENT, issue(5), None, 1, None)])
    raise Torn


def test_an_error_undoes_the_whole_transaction(ledger: Ledger) -> None:
    with ledger.begin() as journal:
        journal.keep([breached("T-1")])
    with pytest.raises(Torn), ledger.begin() as journal:
        _fill(journal)
    with ledger.begin() as journal:
        assert list(journal.told()) == [breached("T-1")]
        assert (journal.posted(), journal.closed(), list(journal.documents("acme"))) == ({}, {}, [])
