"""`backfill`: a help desk's history or export through one mapping with its webhooks, with the same ids.

How it works: the whole file is mapped first. When a part of a history cannot be mapped, nothing is sent, as
its ticket would be judged by half of its facts; `partial` sends the rest nevertheless. Of an export the
tickets with an unreadable row are left out, as by `publish`. Events go out by whole tickets, so that nothing
is announced which the same file takes back.

With `replace` the file is held against the log first, and what it corrects is sent: see correction.py.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

import msgspec

from service.errors import RefusalError
from service.events.fact import COMPLAINTS
from service.events.reduced import reduced
from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.mapping.mapping import Mapping as MappingFile
from service.mapping.mapping_file import read_mapping
from service.offline.correction import TicketCorrection, TicketFact, corrections, original, original_of
from service.offline.event_file import Problems, fit
from service.offline.file_kinds import is_export
from service.offline.mapping_sample import read_body
from service.offline.publish import SendWhole, by_ticket
from service.sla.facts import Fact, Kind
from service.sla.history import MOST_FACTS
from service.sla.state import names
from service.text.visible import visible, visible_json

KnownIds = Callable[[str], Awaitable[set[str]]]  # the ids that the log has of a source
# The facts that the log has and that are wanted, with the keys of their tickets.
KnownFacts = Callable[[Callable[[str, Fact], bool]], Awaitable[Iterable[tuple[str, Fact]]]]

_COUNTED = ("new", "changed", "unchanged", "voided", "moved")
_NAMED = 5  # tickets


class Log(NamedTuple):
    """What is read of the input, and how it is written to. Each raises RefusalError."""

    ids: KnownIds
    facts: KnownFacts
    send: SendWhole


class Backfill(NamedTuple):
    """What is asked for. `since`, `now`: ms."""

    since: int | None = None
    tenant: str = "default"
    partial: bool = False
    replace: bool = False
    dry_run: bool = False


def backfill(
    mapping: Path,
    file: str,
    asked: Backfill,
    *,
    log: Log,
    now: int,
    stdin: BinaryIO,
    out: TextIO,
    err: TextIO,
) -> int:
    """Send the events of a history or an export (`-`: standard input). Return the exit code.

    `now` in ms. With `dry_run` nothing is sent: what the log does not have is printed, or with `replace` what
    is corrected in each ticket. Exit code 1: a part could not be mapped, or a ticket not be corrected. Raises
    RefusalError when the file cannot be read, and what `log` raises.
    """
    by = read_mapping(mapping)
    from_export = by.export is not None and (not by.tellings or is_export(file))
    if not by.tellings and by.export is None:
        raise RefusalError(f"{mapping}: has neither history nor rows; one of them says how the file is read")
    if asked.replace and from_export:
        _refuse_ids_of_content(mapping, by)
    if from_export:
        events, problems = _of_export(mapping, file, asked, now, stdin, err)
    else:
        events, problems = _of_history(by, file, asked, now, stdin, err)
        if problems and not asked.partial:
            what = f"{problems} parts of the history cannot be mapped"
            print(f"nothing is sent: {what}; --partial sends the rest", file=err)
            return 1
    events = [one for one in events if asked.since is None or one.fact.time >= asked.since]
    if asked.replace:
        problems += asyncio.run(_replace(by, events, asked, log, out, err))
    elif asked.dry_run:
        asyncio.run(_tell_new(by, events, log.ids, out, err))
    else:
        asyncio.run(_send(events, log.send, out))
    return 1 if problems else 0


def _refuse_ids_of_content(mapping: Path, by: MappingFile) -> None:
    """Refuse rows whose ids are made of their content: a corrected row would be another event."""
    rules = by.export.rules if by.export else ()
    for rule in (row_rule.rule for row_rule in rules):
        for event in rule.event_rules:
            if "delivery.row" in event.id.text:
                raise RefusalError(
                    f"{mapping}:{rule.line}: the id of rule {rule.name} is made of the row's content, so a"
                    " corrected row would be another event; --replace needs an id that stays"
                )


def _of_export(
    mapping: Path, file: str, asked: Backfill, now: int, stdin: BinaryIO, err: TextIO
) -> tuple[list[TicketFact], int]:
    """Return the events of an export, and the number of problems. These are told to `err`."""
    problems = Problems(file, err)
    found = fit(
        file,
        stdin=stdin,
        mapping=mapping,
        tenant=asked.tenant,
        problems=problems,
        err=err,
        now=now,
        kinds=COMPLAINTS,
    )
    events = [TicketFact(one.ticket, one.fact) for one in found]
    if asked.partial:
        problems.tell_left_out("sent without their unreadable rows")
    else:
        events = [one for one in events if one.ticket not in problems.unreadable]
        problems.tell_left_out("not sent (--partial sends their other rows)")
    return events, problems.count


def _of_history(
    by: MappingFile, file: str, asked: Backfill, now: int, stdin: BinaryIO, err: TextIO
) -> tuple[list[TicketFact], int]:
    """Return the events by time, and how many parts could not be mapped. Those are told to `err`."""
    found: dict[str, TicketFact] = {}
    problems = 0
    for part in by.of_history(read_body(file, stdin), tenant=asked.tenant):
        for note in part.dropped:
            print(visible(f"{part.place}: {note}: “{note.text}”"), file=err)
        why: object = part.problem
        for event in part.events:
            decoded = decode_json(msgspec.json.encode(event), now)
            if isinstance(decoded, Rejection):
                why = decoded
                break
            one = TicketFact(*decoded)
            if found.setdefault(one.fact.id, one).says != one.says:
                why = f"id {one.fact.id} is the same for two different events of the history"
                break
        if why is not None:
            problems += 1
            print(visible(f"{part.place}: cannot be mapped: {why}"), file=err)
    return sorted(found.values(), key=lambda one: one.fact.time), problems


async def _send(events: Sequence[TicketFact], send: SendWhole, out: TextIO) -> None:
    whole = by_ticket((names(one.ticket)[1], reduced(*one)) for one in events)
    await send(whole.items(), lambda _: None)
    print(f"{len(events):,} events sent", file=out)


async def _tell_new(
    by: MappingFile, events: Sequence[TicketFact], known: KnownIds, out: TextIO, err: TextIO
) -> None:
    there = await known(by.source)
    new = [one for one in events if one.fact.id not in there]
    for one in new:
        print(visible_json(reduced(*one).decode()), file=out)
    print(f"{len(new):,} of {len(events):,} events are new; nothing was sent", file=err)


async def _replace(
    by: MappingFile, events: Sequence[TicketFact], asked: Backfill, log: Log, out: TextIO, err: TextIO
) -> int:
    """Send, or with `dry_run` print, what the events correct. Return how many tickets do not fit."""
    tickets = {one.ticket for one in events}
    ids = {original_of(one.fact.id) for one in events}

    def wanted(ticket: str, fact: Fact) -> bool:
        if ticket in tickets:
            return True
        if fact.kind == Kind.VOIDED:
            return fact.data.get("event_source", fact.source) == by.source
        return fact.source == by.source and original(TicketFact(ticket, fact)) in ids

    there = [TicketFact(*one) for one in await log.facts(wanted)]
    found = corrections(events, there, by.source)
    too_many = {ticket for ticket, one in found.items() if one.does_not_fit}
    if asked.dry_run:
        for ticket in sorted(found):
            print(visible_json(_line(ticket, found[ticket])), file=out)
    else:
        fitting = {ticket: one for ticket, one in found.items() if ticket not in too_many}
        sent = [TicketFact(ticket, fact) for ticket, one in fitting.items() for fact in one.events]
        await _send(sent, log.send, out)
    _tell(found, too_many, err)
    return len(too_many)


def _line(ticket: str, one: TicketCorrection) -> str:
    """Return what is corrected in a ticket as JSON."""
    tenant, ticket_id = names(ticket)
    counts = {name: getattr(one, name) for name in _COUNTED}
    said = {"tenant": tenant, "ticket_id": ticket_id, **counts, "vanished": one.vanished}
    return msgspec.json.encode(said).decode()


def _tell(found: Mapping[str, TicketCorrection], too_many: set[str], err: TextIO) -> None:
    """Print what is corrected in all tickets together."""
    total = Counter({name: sum(getattr(one, name) for one in found.values()) for name in _COUNTED})
    vanished = {ticket: one.vanished for ticket, one in found.items() if one.vanished}
    print(
        f"{total['new']:,} new, {total['changed']:,} changed (voided and sent anew),"
        f" {total['unchanged']:,} unchanged, {total['voided']:,} voided by others,"
        f" {sum(map(len, vanished.values())):,} vanished",
        file=err,
    )
    if vanished:
        more = ", …" if len(vanished) > _NAMED else ""
        named = ", ".join(sorted(vanished)[:_NAMED])
        print(visible(f"what vanished from the file stays: in tickets {named}{more}"), file=err)
    for ticket in sorted(too_many):
        what = f"with {len(found[ticket].events):,} events more it has over {MOST_FACTS:,} facts"
        print(visible(f"ticket {ticket}: not corrected: {what}"), file=err)
