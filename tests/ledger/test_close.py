"""Closing: statements, notes on months closed before, numbers without gaps, a chain of seals."""

from dataclasses import replace

import pytest

from service.errors import RefusalError
from service.ledger.book import book
from service.ledger.breach import Account, Breach
from service.ledger.close import Closing, close
from service.ledger.document import Document, DocumentKind, Issue, chain_problems, sealed
from service.ledger.tariff import Tariffs
from tests.ledger.ledgers import Ledger
from tests.ledger.memory import MemoryJournal
from tests.ledger.stories import breached, retracted, tariffs

BY = tariffs()
DAY = 86_400_000  # ms
NOVEMBER = "2026-11-05T02:30:00Z"


def told(ledger: Ledger, *breaches: Breach, by: Tariffs = BY, at: int = 0) -> None:
    with ledger.begin() as journal:
        book(journal, breaches, by, at)


def closed(ledger: Ledger, month: str, at: int = 0, final_after: int | None = None) -> Closing:
    with ledger.begin() as journal:
        return close(journal, month, at, final_after)


def brief(closing: Closing) -> list[tuple[int, str, str, int, int | None]]:
    return [
        (one.number, str(one.kind), one.issue.month, one.issue.total, one.corrects)
        for one in closing.documents
    ]


def test_a_month_is_closed_once_and_closing_again_says_nothing_new(ledger: Ledger) -> None:
    told(ledger, breached())
    assert brief(closed(ledger, "2026-10")) == [(1, "statement", "2026-10", 5000, None)]
    assert brief(closed(ledger, "2026-10")) == brief(closed(ledger, "2026-11")) == []


def test_a_month_that_is_not_closed_has_no_document(ledger: Ledger) -> None:
    told(ledger, breached("T-1"), breached("T-2", due_at=NOVEMBER))
    assert [one.issue.month for one in closed(ledger, "2026-10").documents] == ["2026-10"]


def test_a_later_correction_is_a_note_of_its_own_that_names_the_first_document(ledger: Ledger) -> None:
    told(ledger, breached("T-1"))
    closed(ledger, "2026-10")
    told(ledger, breached("T-2", "major"))
    assert brief(closed(ledger, "2026-11")) == [(2, "credit_note", "2026-10", 20000, 1)]
    told(ledger, retracted("T-1"), retracted("T-2", "major"))
    assert brief(closed(ledger, "2026-11")) == [(3, "debit_note", "2026-10", -25000, 1)]


def test_what_came_and_went_between_two_closes_is_on_no_note(ledger: Ledger) -> None:
    told(ledger, breached())
    closed(ledger, "2026-10")
    told(ledger, retracted())
    told(ledger, breached(revision=3))
    assert brief(closed(ledger, "2026-11")) == []


def test_items_that_change_under_a_cap_give_a_note_over_nothing(ledger: Ledger) -> None:
    by = tariffs({"cap": {"amount": {"CNY": "50"}}})
    told(ledger, breached("T-1"), breached("T-2"), by=by)
    assert brief(closed(ledger, "2026-10")) == [(1, "statement", "2026-10", 5000, None)]
    told(ledger, retracted("T-2"), by=by)
    closing = closed(ledger, "2026-11")
    assert brief(closing) == [(2, "credit_note", "2026-10", 0, 1)]
    assert closing.documents[0].issue.items == (("T-2/1/response", -5000), ("cap", 5000))


def test_a_month_whose_items_all_net_to_zero_has_no_statement(ledger: Ledger) -> None:
    told(ledger, breached())
    told(ledger, retracted())
    assert brief(closed(ledger, "2026-10")) == []


@pytest.mark.parametrize(("days", "late"), [(-1, False), (0, False), (1, True)])
def test_a_correction_after_the_final_instant_is_left_for_a_person(
    days: int, late: bool, ledger: Ledger
) -> None:
    told(ledger, breached())
    closed(ledger, "2026-10", at=DAY)
    told(ledger, retracted())
    closing = closed(ledger, "2026-11", at=61 * DAY + days, final_after=60 * DAY)
    assert (len(closing.documents), len(closing.left)) == ((0, 1) if late else (1, 0))
    if late:  # it stays until a person decides to issue it
        assert closing.left == [Issue(Account("acme", "C-1"), "2026-10", "CNY", (("T-1/1/response", -5000),))]
        assert brief(closed(ledger, "2026-11", at=99 * DAY)) == [(2, "debit_note", "2026-10", -5000, 1)]


def test_a_month_closed_late_still_has_its_statement(ledger: Ledger) -> None:
    told(ledger, breached())
    assert brief(closed(ledger, "2026-10", at=400 * DAY, final_after=DAY))[0][1] == "statement"


def test_each_tenant_numbers_its_own_documents_without_gaps(ledger: Ledger) -> None:
    by = tariffs({"accounts": {"acme/*": {"currency": "CNY"}, "other/*": {"currency": "CNY"}}})
    for number in range(3):
        told(ledger, breached(f"T-{number}", customer_id=f"C-{number}"), by=by)
        told(ledger, breached(f"T-{number}", tenant="other"), by=by)
        closed(ledger, "2026-10")
    with ledger.begin() as journal:
        for tenant in ("acme", "other"):
            documents = journal.documents(tenant)
            assert [one.number for one in documents] == [1, 2, 3]
            assert chain_problems(documents) == []


def test_one_close_numbers_by_month_then_customer(ledger: Ledger) -> None:
    told(ledger, breached("T-1", customer_id="C-2"), breached("T-2", due_at=NOVEMBER))
    closed(ledger, "2026-10")
    told(ledger, breached("T-3", customer_id="C-3"))
    found = [(one.issue.month, one.issue.account.customer) for one in closed(ledger, "2026-11").documents]
    assert found == [("2026-10", "C-3"), ("2026-11", "C-1")]


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "2026-10-01", "october", "", "２０２６-10"])
def test_a_text_that_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(RefusalError, match="is no month; write for example 2026-10"):
        close(MemoryJournal(), month, 0)


@pytest.mark.parametrize(("at", "refused"), [(9, True), (10, False), (11, False)])
def test_a_clock_that_was_set_back_gives_no_document(at: int, refused: bool, ledger: Ledger) -> None:
    told(ledger, breached("T-1"))
    closed(ledger, "2026-10", at=10)
    told(ledger, breached("T-2"))
    if refused:
        with pytest.raises(RefusalError, match="set the clock right"):
            closed(ledger, "2026-11", at=at)
        with ledger.begin() as journal:
            assert (len(journal.documents("acme")), list(journal.closed())) == (1, ["2026-10"])
    else:
        assert len(closed(ledger, "2026-11", at=at).documents) == 1


def chain() -> list[Document]:
    found: list[Document] = []
    for number in range(3):
        issue = Issue(Account("acme", "C-1"), f"2026-1{number}", "CNY", (("T-1/1/response", 50 + number),))
        found.append(sealed(DocumentKind.STATEMENT, issue, None, number, found[-1] if found else None))
    return found


def test_a_chain_as_it_was_issued_is_whole() -> None:
    assert chain_problems(chain()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": DocumentKind.CREDIT_NOTE},
        {"issue": replace(chain()[1].issue, items=(("T-1/1/response", 50),))},
        {"issue": replace(chain()[1].issue, account=Account("acme", "C-2"))},
        {"issue": replace(chain()[1].issue, month="2026-12")},
        {"issue": replace(chain()[1].issue, currency="JPY")},
        {"corrects": 1},
        {"issued_at": 0},
        {"sha256": "0" * 64},
    ],
)
def test_a_change_of_one_document_shows(changes: dict[str, object]) -> None:
    first, second, third = chain()
    assert chain_problems([first, replace(second, **changes), third])  # type: ignore[arg-type]


def test_a_missing_document_and_one_that_was_put_in_its_place_show() -> None:
    first, second, third = chain()
    assert chain_problems([first, third]) == ["document 2 is missing: 3 comes in its place"]
    other = sealed(DocumentKind.STATEMENT, replace(second.issue, month="2026-12"), None, 1, first)
    assert chain_problems([first, other, third]) == [
        "document 3 does not follow the document before it: one was changed"
    ]
