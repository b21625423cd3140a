"""Ids that look alike do not stand alike: on every page of the board, in both languages."""

import html
import re

import pytest

from service.board.listing import News
from service.board.pages import Look, Pages
from service.text.foreign import plain, theirs
from tests.board.browser import browser
from tests.board.desk import Desk
from tests.sla.stories import at, fact

# All but the first look like T-1 or café somewhere.
ALIKE = [
    "T-1",
    "T\u200b-1",
    "T-1\u2060",
    "\u0422-1",
    "T\u00ad-1",
    "T\u20101",
    "\uff34-1",
    "\U0001d413-1",
    "T-1\ufe0f",
    "T\u034f-1",
    "\u202eT-1",
    "\u2067T-1",
    "T-1\u3164",
    "T-\uff11",
    "caf\u00e9",
    "cafe\u0301",
    "c\u0430f\u00e9",
]


@pytest.fixture
def desk() -> Desk:
    desk = Desk(at("09:40"))
    for number, ticket in enumerate(ALIKE):
        desk.keep(ticket, fact("received", at("09:30") + number, region=ticket), tenant=ticket)
    desk.look()
    return desk


def without_titles(page: str) -> str:
    return re.sub(r' (?:title|href|value|data-[a-z]+)="[^"]*"', "", page)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_two_of_them_look_the_same(lang: str) -> None:
    shown = [re.sub(r"<[^>]+>", "", theirs(text, lang)) for text in ALIKE]
    assert len(set(shown)) == len(ALIKE)
    assert len({plain(text, lang) for text in ALIKE}) == len(ALIKE)
    ascii_only = [re.sub("[^\x20-\x7e]", "", text) for text in shown if text != "T-1"]
    assert "T-1" not in ascii_only


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", ["/", "/ticket"])
async def test_no_page_has_a_hidden_character_that_was_theirs(desk: Desk, lang: str, path: str) -> None:
    async with browser(desk, headers={"accept-language": lang}) as client:
        for ticket in ALIKE:
            answer = await client.get(path, params={"id": ticket, "tenant": ticket, "q": ""})
            assert answer.status_code == 200 or path == "/"
            page = without_titles(answer.text)
            assert not re.search("[\u200b\u2060\u00ad\u202e\u2067\u3164\u034f\ufe0f]", page), path
            if path == "/ticket":
                (title,) = re.findall("<title>(.*)</title>", page)
                assert html.unescape(title) == f"{plain(ticket, lang)} – sla-timer"
                assert theirs(ticket, lang) in answer.text


async def test_a_ticket_that_is_not_there_is_named_as_visibly(desk: Desk) -> None:
    async with browser(desk) as client:
        answer = await client.get("/ticket", params={"id": "T\u200b-9", "tenant": "\u0422-1"})
        assert answer.status_code == 404
        assert "No such ticket" in answer.text
        assert theirs("T\u200b-9", "en") in answer.text
        assert theirs("\u0422-1", "en") in answer.text


async def test_filters_offer_them_visibly_and_ask_for_the_very_value(desk: Desk) -> None:
    async with browser(desk) as client:
        page = (await client.get("/")).text
        assert '<option value="T\u200b-1">T&lt;U+200B&gt;-1</option>' in page
        assert '<option value="\u0422-1">\u0422-1 [not T-1]</option>' in page
        answer = await client.get("/", params={"tenant": "T\u200b-1"})
        assert "1 of 17 open tickets" in answer.text


def test_what_happened_is_read_out_visibly() -> None:
    writer = Pages().writer(Look("en", "auto", "/", "/live"))
    assert writer.news([News("T\u200b-1", "breached", "response")]) == "T<U+200B>-1: response breached"
