"""The event stream of one viewer: at most one message in flight, so messages cannot pile up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from service.board.listing import News, news
from service.board.pages import Page, Part
from service.board.row import TicketRow

HEARTBEAT_SECONDS = 2.0  # between two messages when nothing changes: each carries the time


class Ticker:
    """Wakes all viewers at every tick."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.stopped = False

    def stop(self) -> None:
        """End all streams: the board closes."""
        self.stopped = True
        self.tick()

    def tick(self) -> None:
        """Wake all viewers: something may have changed."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait for the next tick, at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._next.wait()
        except TimeoutError:
            return


class Changes:
    """What one viewer has been sent. The next message holds the difference, and is no longer than a page."""

    def __init__(self) -> None:
        self._sent: dict[str, Any] = {}
        self._order: list[str] = []
        self._shown: tuple[TicketRow, ...] | None = None

    def to(self, page: Page, spoken: Callable[[list[News]], str]) -> dict[str, Any]:
        """Return the message that brings the viewer up to `page`. Its `now` and `as_of` are in ms."""
        message: dict[str, Any] = {"now": page.now, "as_of": page.as_of}
        parts = self._changed(page.parts)
        if parts:
            message["parts"] = parts
        if page.rows is not None:
            order = [row.id for row in page.rows]
            rows = self._changed(page.rows)
            if rows or order != self._order:
                message |= {"order": order, "rows": rows}
            self._order = order
            found = [] if self._shown is None else news(self._shown, page.shown)
            if found:
                message["say"] = spoken(found)
        kept = {part.id for part in (*page.parts, *(page.rows or ()))}
        self._sent = {name: content for name, content in self._sent.items() if name in kept}
        self._shown = page.shown
        return message

    def _changed(self, parts: tuple[Part, ...]) -> dict[str, tuple[str, str]]:
        changed = {}
        for part in parts:
            if part.id not in self._sent or self._sent[part.id] != part.content:
                changed[part.id] = part.version, part.html()
            self._sent[part.id] = part.content  # also when it is equal, so that all viewers share one object
        return changed


async def messages(
    page: Callable[[], Page], spoken: Callable[[list[News]], str], ticker: Ticker
) -> AsyncIterator[dict[str, str]]:
    """Yield events for sse-starlette. The next is made when the last was taken.

    So a slow client skips the changes in between.
    """
    changes = Changes()
    quiet_for = HEARTBEAT_SECONDS
    while not ticker.stopped:
        message = changes.to(page(), spoken)
        if len(message) > 2 or quiet_for >= HEARTBEAT_SECONDS:
            yield {"event": "board", "data": json.dumps(message, ensure_ascii=False, separators=(",", ":"))}
            quiet_for = 0.0
        before = asyncio.get_running_loop().time()
        await ticker.wait(HEARTBEAT_SECONDS)
        quiet_for += asyncio.get_running_loop().time() - before
