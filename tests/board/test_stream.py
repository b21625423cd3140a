"""What a watching browser is sent: all of it once, then what changed; never more than one page waits."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import ASGIApp

from service.board.filters import PAGE, Query
from service.board.listing import News
from service.board.pages import Look, Page, Pages
from service.board.routes import MOST_VIEWERS, application
from service.board.snapshot import Snapshot
from service.board.stream import Changes, Ticker, messages
from service.telemetry.board_metrics import BoardMetrics
from tests.board.desk import Desk
from tests.sla.stories import MINUTE, at, fact

WRITER = Pages().writer(Look("en", "auto", "/", "/live"))


def page(desk: Desk) -> Page:
    desk.look()
    snapshot = desk.board.snapshot()
    return WRITER.list_page(desk.board.listing(Query(), snapshot), snapshot)


def quiet(_: list[News]) -> str:
    return "news"


@pytest.fixture
def desk() -> Desk:
    desk = Desk(at("09:20"))
    desk.keep("T1", fact("received", "09:00"))
    desk.keep("T2", fact("received", "09:10"))
    return desk


def test_the_first_message_brings_everything_and_the_next_only_the_time(desk: Desk) -> None:
    changes = Changes()
    first = changes.to(page(desk), quiet)
    assert first["order"] == ["section 1", "T1@default", "T2@default"]
    assert set(first["rows"]) == set(first["order"])
    assert set(first["parts"]) == {"notices", "policies", "counts", "filters", "matching", "pager"}
    desk.now += 1_000
    assert changes.to(page(desk), quiet) == {"now": desk.now, "as_of": desk.now}


def test_then_only_what_changed_is_sent(desk: Desk) -> None:
    changes = Changes()
    changes.to(page(desk), quiet)
    desk.now = at("09:25")  # T1 is at risk
    message = changes.to(page(desk), WRITER.news)
    assert list(message["rows"]) == ["T1@default"]
    assert list(message["parts"]) == ["counts"]
    assert message["say"] == "T1: response at risk"


def test_a_ticket_that_is_done_leaves_the_order(desk: Desk) -> None:
    changes = Changes()
    changes.to(page(desk), quiet)
    desk.keep("T1", fact("received", "09:00"), fact("withdrawn", "09:21"))
    message = changes.to(page(desk), quiet)
    assert message["order"] == ["section 1", "T2@default"]
    assert message["rows"] == {}


def test_the_version_in_the_page_is_that_of_the_message_so_that_nothing_is_drawn_twice(desk: Desk) -> None:
    shown = page(desk)
    whole = WRITER.whole("list.html", shown)
    version, html = Changes().to(shown, quiet)["rows"]["T1@default"]
    assert f'data-key="T1@default" data-v="{version}"' in whole
    assert html in whole


def test_many_changes_are_told_in_one_short_sentence() -> None:
    found = [News(f"T{number}", "breached", "response") for number in range(9)]
    told = WRITER.news(found)
    assert told == "T0: response breached; T1: response breached; T2: response breached; and 6 more"


def test_what_was_sent_to_one_viewer_never_takes_more_than_a_page(desk: Desk) -> None:
    changes = Changes()
    for number in range(8 * PAGE):
        desk.keep(f"N{number}", fact("received", at("09:00") + number))
        if number % 25 == 0:
            changes.to(page(desk), quiet)
    assert len(changes._sent) <= PAGE + 3 + 5


class Viewer:
    """A browser that leaves one message untaken, and blocks the stream with the next."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue(maxsize=1)
        self.blocked = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            if self.inbox.full():
                self.blocked.set()
            await self.inbox.put(message["body"])

    async def receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    def watch(self, app: ASGIApp) -> "asyncio.Task[None]":
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/live",
            "query_string": b"",
            "scheme": "http",
            "headers": [(b"host", b"127.0.0.1")],
            "server": ("127.0.0.1", 80),
        }
        return asyncio.ensure_future(app(scope, self.receive, self.send))  # type: ignore[arg-type]


async def ended(*watching: "asyncio.Task[None]") -> None:
    for task in watching:
        task.cancel()
    await asyncio.wait(watching)


async def test_for_a_browser_that_takes_nothing_no_page_is_made_however_much_changes(desk: Desk) -> None:
    """When it takes again it is sent what is true then, not all that lay between."""
    asked = 0
    see = desk.board.snapshot_now

    def counted() -> Snapshot:
        nonlocal asked
        asked += 1
        return see()

    desk.board.snapshot_now = counted
    desk.look()
    viewer = Viewer()
    watching = viewer.watch(application(desk.board, None, BoardMetrics({})))
    while not viewer.blocked.is_set():
        desk.keep(f"N{asked}", fact("received", at("09:15")))
        desk.look()
        desk.board.ticker.tick()
        await asyncio.sleep(0)
    before, blocked_at = asked, len(desk.board.shelf)
    for number in range(200):
        desk.keep(f"M{number}", fact("received", at("09:15") + number))
        desk.look()
        desk.board.ticker.tick()
        await asyncio.sleep(0)
    assert asked == before
    await viewer.inbox.get()
    await viewer.inbox.get()  # made before it blocked
    latest = await viewer.inbox.get()
    message = json.loads(latest.decode().partition("data: ")[2])
    assert f"{blocked_at + 200} open tickets" in message["parts"]["matching"][1]
    await ended(watching)


async def test_there_are_only_so_many_viewers_and_a_place_is_free_again(desk: Desk) -> None:
    app = application(desk.board, None, BoardMetrics({}))
    viewers = [Viewer() for _ in range(MOST_VIEWERS)]
    watching = [viewer.watch(app) for viewer in viewers]
    for viewer in viewers:
        await viewer.inbox.get()
    turned_away = Viewer()
    await turned_away.watch(app)
    assert await turned_away.inbox.get() == b"too many viewers\n"
    await ended(watching.pop())
    late = Viewer()
    watching.append(late.watch(app))
    assert (await late.inbox.get()).startswith(b"event: board")
    await ended(*watching)


class Slow(Viewer):
    """A browser to which not even the head of the answer goes out in one turn of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.status: int | None = None

    async def send(self, message: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await super().send(message)


async def test_of_many_viewers_at_once_no_more_are_let_in_than_there_is_room_for(desk: Desk) -> None:
    app = application(desk.board, None, BoardMetrics({}))
    viewers = [Slow() for _ in range(3 * MOST_VIEWERS)]
    watching = [viewer.watch(app) for viewer in viewers]
    for viewer in viewers:
        await viewer.inbox.get()
    assert [viewer.status for viewer in viewers].count(200) == MOST_VIEWERS
    await ended(*watching)


class Gone(Viewer):
    """A browser that leaves before a byte of the body came."""

    def __init__(self, leaves: str) -> None:
        super().__init__()
        self.leaves = leaves

    async def send(self, message: dict[str, Any]) -> None:
        if self.leaves == "never takes the head":
            await asyncio.Event().wait()
        if self.leaves == "breaks the connection":
            raise OSError

    async def receive(self) -> dict[str, Any]:
        if self.leaves == "breaks the connection":
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


@pytest.mark.parametrize("leaves", ["hangs up", "never takes the head", "breaks the connection"])
async def test_whoever_is_gone_before_the_body_began_keeps_no_place(desk: Desk, leaves: str) -> None:
    app = application(desk.board, None, BoardMetrics({}))
    watching = [Gone(leaves).watch(app) for _ in range(MOST_VIEWERS)]
    await asyncio.wait(watching)
    assert all(task.exception() is None or leaves == "breaks the connection" for task in watching)
    late = Viewer()
    seen = late.watch(app)
    assert (await late.inbox.get()).startswith(b"event: board")
    await ended(seen)


async def test_who_looks_at_the_same_is_sent_the_same_and_it_is_written_once(desk: Desk) -> None:
    desk.look()
    pages = Pages()
    first, second, chinese = (pages.writer(Look(lang, "auto", "/", "/live")) for lang in ("en", "en", "zh"))
    snapshot = desk.board.snapshot()
    listed = desk.board.listing(Query(), snapshot)
    one, other = first.list_page(listed, snapshot), second.list_page(listed, snapshot)
    assert one.rows
    assert other.rows
    assert all(row.html() is same.html() for row, same in zip(one.rows, other.rows, strict=True))
    assert chinese.list_page(listed, snapshot).rows != one.rows
    desk.now += 1_000
    later = second.list_page(listed, desk.board.snapshot())
    assert later.rows
    assert later.rows[1].html() != one.rows[1].html()  # countdowns are right without a script, too


async def test_when_the_board_closes_every_stream_ends(desk: Desk) -> None:
    ticker = Ticker()

    async def all_of(stream: AsyncIterator[dict[str, str]]) -> int:
        return len([message async for message in stream])

    watching = [asyncio.create_task(all_of(messages(lambda: page(desk), quiet, ticker))) for _ in range(3)]
    await asyncio.sleep(0)
    ticker.stop()
    assert await asyncio.gather(*watching) == [1, 1, 1]


def test_a_minute_later_a_running_row_is_still_the_same(desk: Desk) -> None:
    changes = Changes()
    changes.to(page(desk), quiet)
    desk.now += MINUTE
    assert "rows" not in changes.to(page(desk), quiet)
