"""`publish`: sends a file of events as a help desk would, unchanged or moved so that the last is now."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, TextIO

from msgspec.structs import replace

from schemas.instant import written
from service.events.fact import COMPLAINTS
from service.offline.event_file import STANDARD_INPUT, FileEvent, Problems, fit
from service.offline.progress import Progress
from service.sla.state import names

Send = Callable[[str, bytes], Awaitable[None]]  # record key, structured CloudEvent


def publish(
    events: str,
    *,
    sending: AbstractAsyncContextManager[Send],
    now: int,
    mapping: Path | None = None,
    rebase: bool = False,
    rate: float | None = None,
    partial: bool = False,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Send the valid events of a file (`-`: standard input) and report the others. Return the exit code.

    `now` in ms. With `rebase` all times move so that the last is `now`. `rate`: events a second, by default
    as fast as Kafka takes them. `partial`: also tickets of an export that have an
    unreadable row. `sending` gives the function that sends. Its exit waits until all events are
    in the log. Raises RefusalError when the file cannot be read at all, and what `sending` raises.
    """
    problems = Problems(events, err)
    doing = "reading" if rebase else "sending"
    latest = None if rebase else now
    found = fit(
        events,
        stdin=stdin,
        mapping=mapping,
        problems=problems,
        err=err,
        now=latest,
        doing=doing,
        kinds=COMPLAINTS,
        partial=partial,
    )
    if rebase:
        found = _rebased(list(found), now, err)
    sent = asyncio.run(_send(found, sending, rate, live=events == STANDARD_INPUT and not rebase))
    print(f"{sent:,} events sent", file=out)
    return 1 if problems.count else 0


async def _send(
    events: Iterator[FileEvent], sending: AbstractAsyncContextManager[Send], rate: float | None, *, live: bool
) -> int:
    """Send the events, evenly at `rate` a second. Return the number sent. A delay is caught up later.

    `live`: the next event may take long to arrive, and events before it must not wait for it.
    """
    loop = asyncio.get_running_loop()
    sent = 0
    async with sending as send:
        began = loop.time()
        while (event := await _next(events) if live else next(events, None)) is not None:
            if rate and (early := began + sent / rate - loop.time()) > 0:
                await asyncio.sleep(early)
            await send(names(event.ticket)[1], event.line.record)
            sent += 1
    return sent


async def _next(events: Iterator[FileEvent]) -> FileEvent | None:
    """Return the next event, however long it takes. A cancelled caller does not wait for it."""
    loop = asyncio.get_running_loop()
    coming: asyncio.Future[FileEvent | None] = loop.create_future()

    def settle(event: FileEvent | None, error: BaseException | None) -> None:
        if coming.done():
            return
        if error is None:
            coming.set_result(event)
        else:
            coming.set_exception(error)

    def take() -> None:
        event, error = None, None
        try:
            event = next(events, None)
        except BaseException as raised:  # noqa: BLE001 (it is raised where the event is waited for)
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nothing waits for the event
            loop.call_soon_threadsafe(settle, event, error)

    Thread(target=take, daemon=True).start()  # not asyncio.to_thread: asyncio waits for its threads at exit
    return await coming


def _rebased(events: Sequence[FileEvent], now: int, err: TextIO) -> Iterator[FileEvent]:
    """Yield the events, all moved by the same length, so that the last happens `now`."""
    last = max((event.fact.time for event in events), default=now)
    with Progress(err, "sending", len(events)) as progress:
        for event in events:
            yield _moved(event, now - last)
            progress.advance()


def _moved(event: FileEvent, by: int) -> FileEvent:
    """Return the event moved `by` ms."""
    content = json.loads(event.line.record)
    content["time"] = written(event.fact.time + by)
    record = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return replace(event, line=replace(event.line, record=record))
