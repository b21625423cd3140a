"""Pages of the list, filters in the address, and what is said to those who do not see it change."""

import pytest

from service.board.filters import PAGE, Query, read_query
from service.board.listing import Listing, News, news
from tests.board.desk import Desk
from tests.sla.stories import MINUTE, at, fact


def page(desk: Desk, **parameters: str) -> Listing:
    desk.look()
    return desk.board.listing(read_query(parameters), desk.board.snapshot())


def ids(listing: Listing) -> list[str]:
    return [row.ticket_id for row in listing.rows]


@pytest.fixture
def desk() -> Desk:
    desk = Desk(at("09:40"))
    desk.keep("A-1", fact("received", "09:00", channel="phone"))
    desk.keep("A-2", fact("received", "09:15", channel="email", complexity="complex"), tenant="acme")
    desk.keep("B-1", fact("received", "09:35", channel="phone", region="east"))
    return desk


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["A-2", "A-1", "B-1"]),
        ({"state": "breached"}, ["A-1"]),
        ({"state": "at_risk"}, ["A-2"]),
        ({"clock": "preliminary_solution"}, ["A-2"]),
        ({"clock": "response"}, ["A-2", "A-1", "B-1"]),
        ({"tenant": "acme"}, ["A-2"]),
        ({"channel": "phone", "state": "running"}, ["B-1"]),
        ({"region": "east"}, ["B-1"]),
        ({"policy": "test", "q": "a-"}, ["A-2", "A-1"]),
        ({"q": "1", "channel": "email"}, []),
        ({"priority": "high"}, []),
        ({"nonsense": "x"}, ["A-2", "A-1", "B-1"]),
    ],
)
def test_filters_leave_what_fits_them_all(desk: Desk, asked: dict[str, str], found: list[str]) -> None:
    listing = page(desk, **asked)
    assert sorted(ids(listing)) == sorted(found)
    assert (listing.matching, listing.total) == (len(found), 3)


def test_a_page_is_bounded_and_the_one_after_the_last_is_the_last() -> None:
    desk = Desk(at("09:00"))
    for number in range(2 * PAGE + 1):
        desk.keep(f"T-{number:03}", fact("received", at("08:50") + number))
    assert ids(page(desk)) == [f"T-{number:03}" for number in range(PAGE)]
    last = page(desk, page="3")
    assert (ids(last), last.page, last.pages) == ([f"T-{2 * PAGE}"], 3, 3)
    assert page(desk, page="99").page == 3


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "9" * 40, "²"])
def test_a_page_that_is_no_number_is_the_first(number: str) -> None:
    assert read_query({"page": number}).page == 1


def test_the_address_says_what_is_shown_and_brings_it_back() -> None:
    query = read_query({"tenant": "a&b=c", "state": "breached", "q": "T 1", "page": "4"})
    assert query.url() == "?state=breached&tenant=a%26b%3Dc&q=T+1&page=4"
    assert query.url(state="running") == "?state=running&tenant=a%26b%3Dc&q=T+1"
    assert query.url(state=None) == "?tenant=a%26b%3Dc&q=T+1"
    assert query.url(page=5).endswith("&page=5")
    assert Query().url() == "?"


def test_what_is_too_long_for_an_identifier_is_cut() -> None:
    assert len(read_query({"q": "x" * 1_000}).search) == 128


def test_the_filters_offer_the_values_that_there_are_and_the_chosen_one(desk: Desk) -> None:
    offers = dict(page(desk, channel="fax").offers)
    assert offers["channel"] == (("email", 1), ("fax", 0), ("phone", 2))
    assert offers["tenant"] == (("acme", 1), ("default", 2))


def test_a_ticket_that_breaks_is_told_once_and_so_is_one_that_recovers(desk: Desk) -> None:
    before = page(desk).rows
    assert news(before, page(desk).rows) == []
    desk.now = at("09:46")
    after = page(desk).rows
    assert news(before, after) == [News("A-2", "breached", "response")]
    desk.keep("A-1", fact("received", "09:00"), fact("response_started", "09:10"))
    assert news(after, page(desk).rows) == [News("A-1", "running", "resolution")]


def test_a_ticket_that_only_comes_into_view_is_told_when_it_is_in_trouble(desk: Desk) -> None:
    before = page(desk).rows
    desk.keep("C-1", fact("received", "09:39"))
    desk.keep("C-2", fact("received", "09:05"))
    assert news(before, page(desk).rows) == [News("C-2", "breached", "response")]


def test_a_row_is_the_same_until_something_changes(desk: Desk) -> None:
    """What only time changes, the browser draws: a row is not sent every second."""
    before = page(desk).rows
    desk.now += 4 * MINUTE
    assert page(desk).rows == before
