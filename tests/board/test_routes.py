"""The board over HTTP: languages, themes, headers, and that nobody can change anything."""

import html
import re

import httpx
import pytest

from tests.board.browser import browser
from tests.board.desk import Desk
from tests.sla.stories import at, fact

PAGES = ["/", "/?state=breached&page=2", "/ticket?id=T-1", "/partitions"]


@pytest.fixture
def desk() -> Desk:
    desk = Desk(at("09:40"))
    desk.keep(
        "T-1", fact("received", "09:00", customer_id="C-77"), fact("reassigned", "09:01", agent_id="A-5")
    )
    desk.keep("T/2 &x=<b>", fact("received", "09:30"), tenant="ac&me")
    desk.look()
    return desk


async def get(desk: Desk, path: str, **options: object) -> httpx.Response:
    async with browser(desk) as client:
        return await client.get(path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr,zh;q=0.2,en;q=0.1", "zh-CN"),
        ("zh;q=0,en;q=0.1", "en"),
        ("fr", "en"),
        ("", "en"),
        (";q=x,;;,", "en"),
    ],
)
async def test_it_speaks_the_language_that_the_browser_asks_for(desk: Desk, accepted: str, lang: str) -> None:
    answer = await get(desk, "/", headers={"accept-language": accepted})
    assert f'<html lang="{lang}"' in answer.text
    assert ("breached" in answer.text) == (lang == "en") or "违约" in answer.text


async def test_a_chosen_language_and_theme_stay_and_the_page_is_the_same(desk: Desk) -> None:
    async with browser(desk, follow_redirects=True) as client:
        here = "/?state=breached&q=T"
        page = (await client.get(here)).text
        (link,) = re.findall(r'href="([^"]*lang=zh[^"]*)"', page)
        answer = await client.get(html.unescape(link))
        assert str(answer.url).endswith(here)
        assert '<html lang="zh-CN" data-theme="auto">' in answer.text
        (link,) = re.findall(r'href="([^"]*theme=dark[^"]*)"', answer.text)
        assert '<html lang="zh-CN" data-theme="dark">' in (await client.get(html.unescape(link))).text
        await client.get("/look?lang=xx&theme=pink")
        assert '<html lang="zh-CN" data-theme="dark">' in (await client.get("/partitions")).text


@pytest.mark.parametrize("back", ["//evil.test", "https://evil.test", "/\\evil.test", "", "x", "/a\nb"])
async def test_the_way_back_never_leads_to_another_site(desk: Desk, back: str) -> None:
    answer = await get(desk, "/look", params={"lang": "zh", "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize("path", [*PAGES, "/static/board.js", "/session", "/nowhere"])
async def test_every_answer_forbids_inline_scripts_frames_and_other_sites(desk: Desk, path: str) -> None:
    answer = await get(desk, path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_no_page_has_anything_inline_or_from_elsewhere(desk: Desk, path: str, lang: str) -> None:
    page = (await get(desk, path, headers={"accept-language": lang})).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=|javascript:", page)
    for link in re.findall(r'(?:href|src|action)="([^"]*)"', page):
        assert link.startswith(("/", "?", "#"))
        assert not link.startswith("//")


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_refers_to_customers_or_agents(desk: Desk, path: str) -> None:
    page = (await get(desk, path)).text
    assert "C-77" not in page
    assert "A-5" not in page


async def test_what_an_id_holds_is_shown_and_never_becomes_part_of_the_page(desk: Desk) -> None:
    page = (await get(desk, "/")).text
    assert "T/2 &amp;x=&lt;b&gt;" in page
    assert "<b>T" not in page
    (link,) = re.findall(r'href="(/ticket\?tenant[^"]*)"', page)
    answer = await get(desk, html.unescape(link))
    assert answer.status_code == 200
    assert "T/2 &amp;x=&lt;b&gt;" in answer.text


async def test_a_ticket_that_is_not_there_is_not_found_and_says_so(desk: Desk) -> None:
    answer = await get(desk, "/ticket", params={"id": "<script>", "tenant": "t"})
    assert answer.status_code == 404
    assert "Tenant <bdi>t</bdi> has no ticket <bdi>&lt;script&gt;</bdi>" in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/live", "/look", "/livez", "/readyz", "/static/board.css"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_no_route_changes_anything(desk: Desk, path: str, method: str) -> None:
    async with browser(desk) as client:
        assert (await client.request(method, path)).status_code == 405


async def test_only_names_of_this_machine_are_answered(desk: Desk) -> None:
    assert (await get(desk, "/", headers={"host": "evil.example"})).status_code == 400


async def test_it_is_ready_when_all_was_read_and_looked_at(desk: Desk) -> None:
    assert (await get(desk, "/readyz")).status_code == 200
    desk.keep("T-9", fact("received", "09:30"))
    assert (await get(desk, "/readyz")).json() == {"ready": False}
    desk.look()
    desk.reaches = {}
    assert (await get(desk, "/readyz")).status_code == 503
    assert (await get(desk, "/livez")).text == "alive\n"
