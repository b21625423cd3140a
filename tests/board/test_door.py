"""The token: what shows tickets needs it, and it is traded for a cookie that scripts cannot read."""

import pytest

from service.board.auth import COOKIE, SIGNED_IN_FOR_SECONDS, Token
from tests.board.browser import browser
from tests.board.desk import Desk
from tests.sla.stories import at, fact

TOKEN = "correct horse battery staple"
SHOW_TICKETS = ["/", "/live", "/ticket?id=T-1", "/ticket/live?id=T-1", "/partitions", "/partitions/live"]
NOT_YET_THERE = ["/metrics/all", "/looks", "/sessions", "/livez-all", "/look/T-1", "/statics/x", "/staticx"]


@pytest.fixture
def desk() -> Desk:
    desk = Desk(at("09:40"))
    desk.keep("T-1", fact("received", "09:00"))
    desk.look()
    return desk


@pytest.mark.parametrize("path", [*SHOW_TICKETS, "/desks", "/desks/live"])
async def test_every_path_but_the_open_ones_needs_a_token(desk: Desk, path: str) -> None:
    async with browser(desk, TOKEN) as client:
        assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize("path", NOT_YET_THERE)
async def test_a_path_that_begins_like_an_open_one_needs_a_token(desk: Desk, path: str) -> None:
    async with browser(desk, TOKEN) as client:
        assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize("path", SHOW_TICKETS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"cookie": f"{COOKIE}={TOKEN}"},
        {"cookie": f"{COOKIE}=9999999999.{'0' * 64}"},
        {"cookie": f"{COOKIE}=²³.x"},
        {"cookie": "\x01;;="},
    ],
)
async def test_without_the_token_no_ticket_is_shown(desk: Desk, path: str, headers: dict[str, str]) -> None:
    async with browser(desk, TOKEN) as client:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        answer = await client.get(path, headers=raw)
        assert answer.status_code == 401
        assert "T-1" not in answer.text
        sent_on = await client.get(path, headers=[*raw, (b"accept", b"text/html")])
        assert (sent_on.status_code, sent_on.headers["location"]) == (303, "/session")


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/metrics", "/session", "/static/board.css", "/static/icon.svg"]
)
async def test_what_shows_no_ticket_needs_none(desk: Desk, path: str) -> None:
    async with browser(desk, TOKEN) as client:
        assert (await client.get(path)).status_code == 200


async def test_the_token_is_traded_for_a_cookie_that_scripts_and_other_sites_do_not_get(desk: Desk) -> None:
    async with browser(desk, TOKEN) as client:
        assert "T-1" not in (await client.get("/session")).text
        wrong = await client.post("/session", data={"token": "wrong"})
        assert (wrong.status_code, wrong.headers.get("set-cookie")) == (403, None)
        traded = await client.post("/session", data={"token": TOKEN})
        cookie = traded.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert TOKEN not in cookie
        assert "T-1" in (await client.get("/")).text
        assert (await client.get("/?token=" + TOKEN)).status_code == 200
        desk.now += SIGNED_IN_FOR_SECONDS * 1_000
        assert (await client.get("/")).status_code == 401


@pytest.mark.parametrize(
    "foreign",
    [
        b'foo={"a":1}',
        b"consent",  # no =
        b"greeting=hello world",
        b"path=/x",  # a word that cookies themselves use
        "name=Zoë".encode("latin-1"),
        "name=小明".encode(),
        b"list[]=1",
        b"a,b=c",
        b'half="x',
        b"=",
        b"sla_boards=1",
        b"$Version=1",
        b"expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
@pytest.mark.parametrize("first", [True, False])
async def test_no_cookie_of_another_application_locks_anybody_out(
    desk: Desk, foreign: bytes, first: bool
) -> None:
    """Browsers send every cookie of the host, whatever the port it came from, older ones first."""
    ours = f"{COOKIE}={Token(TOKEN, lambda: desk.now).trade()}".encode()
    together = b"; ".join([foreign, ours] if first else [ours, foreign])
    async with browser(desk, TOKEN) as client:
        answer = await client.get("/", headers=[(b"cookie", together)])
        apart = await client.get("/", headers=[(b"cookie", foreign), (b"cookie", ours)])
    assert (answer.status_code, apart.status_code) == (200, 200)
    assert "T-1" in answer.text


async def test_over_https_the_cookie_stays_there(desk: Desk) -> None:
    async with browser(desk, TOKEN) as client:
        traded = await client.post("https://127.0.0.1/session", data={"token": TOKEN})
        assert "Secure" in traded.headers["set-cookie"]


async def test_programs_send_the_token_itself(desk: Desk) -> None:
    async with browser(desk, TOKEN) as client:
        answer = await client.get("/", headers={"authorization": f"Bearer {TOKEN}"})
        assert "T-1" in answer.text


async def test_a_form_that_is_too_large_is_not_read_on(desk: Desk) -> None:
    async with browser(desk, TOKEN) as client:
        assert (await client.post("/session", data={"token": "x" * 100_000})).status_code == 403


async def test_where_no_token_is_asked_for_nobody_signs_in(desk: Desk) -> None:
    async with browser(desk) as client:
        answer = await client.get("/session")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


@pytest.mark.parametrize(("seconds", "admitted"), [(-1, True), (0, False), (1, False)])
def test_a_cookie_ends(seconds: int, admitted: bool) -> None:
    now = 1_000_000
    token = Token(TOKEN, lambda: now)
    cookie = token.trade()
    now += (SIGNED_IN_FOR_SECONDS + seconds) * 1_000
    assert token.admits(cookie) is admitted


def test_another_token_ends_all_sessions() -> None:
    cookie = Token(TOKEN, lambda: 0).trade()
    assert Token(TOKEN, lambda: 0).admits(cookie)
    assert not Token("another", lambda: 0).admits(cookie)
