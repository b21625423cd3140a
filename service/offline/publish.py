"""`publish`: sends a file of events as a help desk would, with the fields of the contract only.

A file is sent by whole tickets, so that nothing is announced which the same file takes back. Standard input,
and a file at a given rate, is sent event by event in its own order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, NamedTuple, TextIO

from msgspec.structs import replace

from service.events.fact import COMPLAINTS
from service.events.reduced import reduced
from service.events.traceparent import in_structured
from service.offline.event_file import STANDARD_INPUT, FileEvent, Problems, StoppedError, fit
from service.offline.progress import Progress
from service.sla.state import names

Send = Callable[[str, bytes], Awaitable[None]]  # record key, structured CloudEvent
# Ticket id and events of each ticket; the second is told the number of events of each committed transaction.
SendWhole = Callable[[Iterable[tuple[str, Sequence[bytes]]], Callable[[int], None]], Awaitable[None]]


def by_ticket(records: Iterable[tuple[str, bytes]]) -> dict[str, list[bytes]]:
    """Return the records by their key, the earliest key first. Two tenants may have tickets of one id."""
    found: dict[str, list[bytes]] = {}
    for key, record in records:
        found.setdefault(key, []).append(record)
    return found


class Sending(NamedTuple):
    """The two ways of sending. Each raises RefusalError when Kafka does not take the events."""

    singly: AbstractAsyncContextManager[Send]  # its exit waits until all events are in the log
    whole: SendWhole


def publish(
    events: str,
    *,
    sending: Sending,
    now: int,
    mapping: Path | None = None,
    rebase: bool = False,
    rate: float | None = None,
    partial: bool = False,
    strict: bool = False,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Send the valid events of a file (`-`: standard input) and report the others. Return the exit code.

    `now` in ms. With `rebase` all times move so that the last is `now`. `rate`: events a second. A ticket
    with an unreadable line is not sent unless `partial`. If `strict`, nothing is sent when a line is
    unreadable; of standard input, nothing after it. Raises RefusalError when the file cannot be read at all,
    and what `sending` raises.
    """
    problems = Problems(events, err, strict=strict)
    live = events == STANDARD_INPUT and not rebase
    found = fit(
        events,
        stdin=stdin,
        mapping=mapping,
        problems=problems,
        err=err,
        now=None if rebase else now,
        doing="sending" if live else "reading",
        kinds=COMPLAINTS,
    )
    try:
        if live:
            sent = asyncio.run(
                _send(_readable(found, problems, partial=partial), sending.singly, rate, live=True)
            )
        else:
            read = _read(found, problems, now if rebase else None, partial=partial)
            sent = _send_file(read, sending, rate, err)
    except StoppedError:
        print("nothing was sent after the first unreadable line" if live else "nothing was sent", file=err)
        return 1
    print(f"{sent:,} events sent", file=out)
    return 1 if problems.count else 0


class _Ready(NamedTuple):
    """An event that is ready to be sent."""

    ticket: str  # key
    record: bytes


def _ready(event: FileEvent) -> _Ready:
    return _Ready(event.ticket, reduced(event.ticket, event.fact, in_structured(event.line.record)))


def _readable(found: Iterator[FileEvent], problems: Problems, *, partial: bool) -> Iterator[_Ready]:
    """Yield the events as they come, those of a ticket until its first unreadable line."""
    for event in found:
        if partial or event.ticket not in problems.unreadable:
            yield _ready(event)
    problems.tell_left_out("sent without their unreadable lines" if partial else "not sent any further")


def _read(
    found: Iterator[FileEvent], problems: Problems, last_at: int | None, *, partial: bool
) -> list[_Ready]:
    """Return the events to send, in the order of the file; moved so that the last is at `last_at` (ms)."""
    events = list(found)
    if not partial:
        events = [event for event in events if event.ticket not in problems.unreadable]
    by = 0 if last_at is None else last_at - max((event.fact.time for event in events), default=last_at)
    if by:
        events = [replace(one, fact=replace(one.fact, time=one.fact.time + by)) for one in events]
    problems.tell_left_out(
        "sent without their unreadable lines" if partial else "not sent (--partial sends their other lines)"
    )
    return list(map(_ready, events))


def _send_file(events: Sequence[_Ready], sending: Sending, rate: float | None, err: TextIO) -> int:
    """Send what was read of a file. Return the number of events sent."""
    with Progress(err, "sending", len(events)) as progress:
        if rate is not None:
            return asyncio.run(_send(iter(events), sending.singly, rate, progress=progress))
        whole = by_ticket((names(one.ticket)[1], one.record) for one in events)
        asyncio.run(_whole(whole, sending.whole, progress))
    return len(events)


async def _whole(tickets: dict[str, list[bytes]], send: SendWhole, progress: Progress) -> None:
    await send(tickets.items(), progress.advance)


async def _send(
    events: Iterator[_Ready],
    sending: AbstractAsyncContextManager[Send],
    rate: float | None,
    *,
    live: bool = False,
    progress: Progress | None = None,
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
            await send(names(event.ticket)[1], event.record)
            sent += 1
            if progress is not None:
                progress.advance()
    return sent


async def _next(events: Iterator[_Ready]) -> _Ready | None:
    """Return the next event, however long it takes. A cancelled caller does not wait for it."""
    loop = asyncio.get_running_loop()
    coming: asyncio.Future[_Ready | None] = loop.create_future()

    def settle(event: _Ready | None, error: BaseException | None) -> None:
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
