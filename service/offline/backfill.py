"""`backfill`: a help desk's history through the mapping of its webhooks, with the same ids.

How it works: the whole history is mapped first. When a part of it cannot be mapped, nothing is sent, as its
ticket would be judged by half of its facts; `partial` sends the rest nevertheless. Events go out by whole
tickets, so that nothing is announced which the same history takes back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import BinaryIO, NamedTuple, TextIO

import msgspec

from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.mapping.mapped import Mapped
from service.mapping.mapping import Mapping
from service.offline.mapping_sample import read_body
from service.offline.publish import SendWhole, by_ticket
from service.sla.state import names
from service.text.visible import visible, visible_json

KnownIds = Callable[[str], Awaitable[set[str]]]  # the ids that the log has of a source


class HistoryEvent(NamedTuple):
    """An event of a history. `time` in ms."""

    time: int
    key: str  # of its record
    id: str
    value: bytes


def backfill(
    by: Mapping,
    history: str,
    *,
    send: SendWhole,
    known: KnownIds,
    now: int,
    since: int | None,
    tenant: str,
    partial: bool,
    dry_run: bool,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Send the events of a history file (`-`: standard input) from `since` (ms) on. Return the exit code.

    `dry_run`: print as JSON Lines those that the log does not have, and send nothing. Exit code 1: a part
    could not be mapped. Raises RefusalError when the file cannot be read, and what `send` raises.
    """
    events, problems = _mapped(by.of_history(read_body(history, stdin), tenant=tenant), now, err)
    chosen = [event for event in events if since is None or event.time >= since]
    if problems and not partial:
        print(
            f"nothing is sent: {problems} parts of the history cannot be mapped; --partial sends the rest",
            file=err,
        )
        return 1
    asyncio.run(_tell_new(by, chosen, known, out, err) if dry_run else _send(chosen, send))
    if not dry_run:
        print(f"{len(chosen):,} events sent", file=out)
    return 1 if problems else 0


def _mapped(parts: Iterator[Mapped], now: int, err: TextIO) -> tuple[list[HistoryEvent], int]:
    """Return the events by time, and how many parts could not be mapped. Those are told to `err`."""
    found: dict[str, HistoryEvent] = {}
    problems = 0
    for part in parts:
        for note in part.dropped:
            print(visible(f"{part.place}: {note}: “{note.text}”"), file=err)
        why: object = part.problem
        for event in part.events:
            value = msgspec.json.encode(event)
            decoded = decode_json(value, now)
            if isinstance(decoded, Rejection):
                why = decoded
                break
            key, fact = decoded
            found.setdefault(fact.id, HistoryEvent(fact.time, names(key)[1], fact.id, value))
        if why is not None:
            problems += 1
            print(visible(f"{part.place}: cannot be mapped: {why}"), file=err)
    return sorted(found.values(), key=lambda event: event.time), problems


async def _send(events: list[HistoryEvent], send: SendWhole) -> None:
    await send(by_ticket((event.key, event.value) for event in events).items(), lambda _: None)


async def _tell_new(
    by: Mapping, events: list[HistoryEvent], known: KnownIds, out: TextIO, err: TextIO
) -> None:
    there = await known(by.source)
    new = [event for event in events if event.id not in there]
    for event in new:
        print(visible_json(event.value.decode()), file=out)
    print(f"{len(new):,} of {len(events):,} events are new; nothing was sent", file=err)
