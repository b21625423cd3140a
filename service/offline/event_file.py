"""Files of events: JSON Lines of structured CloudEvents, or a CSV export; `-` is standard input."""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from schemas.envelope import DEFAULT_TENANT
from service.errors import RefusalError
from service.events.fact import CHANNELS, COMPLAINTS, Fitted, Kinds
from service.events.rejection import TOO_MANY_FACTS, Rejection
from service.events.structured import NamedTicket, decode_json, named_ticket
from service.explain.translations import WORDS
from service.mapping.mapped import Dropped
from service.offline.file_kinds import is_gzip, needs_mapping
from service.offline.gzipped import unpacked
from service.offline.json_lines import JsonLine, LineProblem, json_lines
from service.offline.progress import Progress
from service.sla.facts import Fact, Sign
from service.sla.history import FULL, add
from service.sla.state import key
from service.text.visible import visible

STANDARD_INPUT = "-"
_SIGNS = frozenset(Sign)
_NAMED = 5  # tickets


class FileEvent(msgspec.Struct, frozen=True, gc=False):
    """One valid event, and the line that holds it."""

    line: JsonLine
    ticket: str  # the key of the ticket or desk
    fact: Fact

    @property
    def is_sign(self) -> bool:
        """True when the event is about a support desk."""
        return self.fact.kind in _SIGNS


class Problems:
    """Prints each problem on a line of its own, and counts the problems. Stops at the first if strict."""

    def __init__(self, events: str, err: TextIO, *, strict: bool = False) -> None:
        self.file = shown(events)
        self._err = err
        self._strict = strict
        self._fitted: dict[tuple[str, str], tuple[int, int]] = {}  # how many, and the line of the first
        self.count = 0
        self.unreadable: Counter[str] = Counter()  # lines that were refused, by ticket key
        self.nobodys = 0  # refused lines that name no ticket

    def tell(self, problem: LineProblem) -> None:
        """Print a problem of a line. Raises StoppedError when strict."""
        self.count += 1
        print(visible(problem.at(self.file)), file=self._err)
        if self._strict:
            raise StoppedError

    def note(self, number: int, code: Fitted) -> None:
        """Note a code of that line that did not fit as it came, for `tell_fitted`."""
        self._count(number, f"data.{code.field}", WORDS["en"][f"code_{code.fitting}"])

    def note_dropped(self, number: int, dropped: Dropped) -> None:
        """Note what a mapping made fit or left out of that line, for `tell_fitted`."""
        self._count(number, f"rule {dropped.rule}: {dropped.field}", dropped.reason)

    def _count(self, number: int, field: str, became: str) -> None:
        count, first = self._fitted.get((field, became), (0, number))
        self._fitted[field, became] = count + 1, min(first, number)

    def note_rejected(self, line: JsonLine, rejection: Rejection, named: NamedTicket) -> None:
        """Note an event that was rejected, before `tell` prints why. Does nothing here."""

    def tell_fitted(self) -> None:
        """Print one line for each field and what became of its codes. This is no problem."""
        for (field, became), (count, first) in sorted(self._fitted.items()):
            print(f"{self.file}:{first}: {field}: {became} ({count:,} times)", file=self._err)
        self._fitted.clear()

    def tell_unreadable(self, problem: LineProblem) -> None:
        """Print a problem of a line that cannot be read, and note its ticket. Raises as `tell`."""
        if problem.ticket is not None:
            self.unreadable[problem.ticket] += 1
        elif not problem.is_about_desk:
            self.nobodys += 1
        self.tell(problem)

    def tell_left_out(self, what: str) -> None:
        """Print how many tickets have an unreadable line, and `what` happens to them, such as `not sent`."""
        if self.unreadable:
            first = ", ".join(sorted(self.unreadable)[:_NAMED])
            more = ", …" if len(self.unreadable) > _NAMED else ""
            tickets, lines = len(self.unreadable), self.unreadable.total()
            counted = f"{_many(tickets, 'ticket')} with {_many(lines, 'unreadable line')}"
            print(visible(f"{self.file}: {what}: {counted}: {first}{more}"), file=self._err)
        if self.nobodys:
            nobodys = _many(self.nobodys, "unreadable line")
            what = f"{nobodys} without a ticket: any ticket may lack {'it' if self.nobodys == 1 else 'them'}"
            print(visible(f"{self.file}: {what}"), file=self._err)

    def tell_unknown(self, what: str) -> None:
        """Print what cannot be judged although its lines are valid."""
        self.count += 1
        print(visible(f"{self.file}: {what}"), file=self._err)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


class StoppedError(Exception):
    """A strict run stops at its first problem, which has been printed."""


def shown(events: str) -> str:
    """Return the name of the file for people."""
    return "standard input" if events == STANDARD_INPUT else events or "."


@contextmanager
def opened(events: str, stdin: BinaryIO) -> Iterator[BinaryIO]:
    """Open the file or standard input. Raises RefusalError when it cannot be read."""
    if events == STANDARD_INPUT:
        yield stdin
        return
    try:
        stream = Path(events).open("rb")  # noqa: SIM115 (closed below; only opening may be refused)
    except OSError as error:
        raise RefusalError(f"{shown(events)}: {error.strerror}") from None
    with stream:
        try:
            yield stream
        except OSError as error:  # while reading: a failing disk, a lost network share
            raise RefusalError(f"{shown(events)}: {error.strerror or error}") from None


def lines(
    events: str,
    stream: BinaryIO,
    mapping: Path | None,
    problems: Problems,
    tenant: str = DEFAULT_TENANT,
) -> Iterator[JsonLine | LineProblem]:
    """Return a file's events as structured JSON. Raises RefusalError for a bad mapping or missing column.

    What the mapping makes fit or leaves out is noted in `problems`. `tenant`: of the rows, unless the mapping
    names a field.
    """
    if mapping:
        from service.mapping.mapping_file import read_mapping  # noqa: PLC0415 (a fifth of a start without one)
        from service.offline.export_file import exported_lines  # noqa: PLC0415 (likewise)

        by = read_mapping(mapping)
        return exported_lines(Path(shown(events)), stream, by, tell=problems.note_dropped, tenant=tenant)
    if needs_mapping(events):
        raise RefusalError(f"{events}: an export needs --mapping FILE, for example mappings/helpdesk.yaml")
    return json_lines(stream)


def fit(
    events: str,
    *,
    stdin: BinaryIO,
    mapping: Path | None,
    problems: Problems,
    err: TextIO,
    now: int | None = None,
    doing: str = "reading",
    through: Callable[[BinaryIO], BinaryIO] | None = None,
    kinds: Kinds = COMPLAINTS | CHANNELS,
    tenant: str = DEFAULT_TENANT,
) -> Iterator[FileEvent]:
    """Yield the valid events of a file in its order, and report all others to `problems`.

    The events of a CSV export come in the order they happened. `now` in ms; without it, the future has no
    limit. `doing`: the label of the progress. `through`: a wrapper for the stream. Only events of these
    `kinds` are valid. `tenant`: of the rows of an export, unless the mapping names a field. Raises
    RefusalError when the file cannot be read, StoppedError at the first problem of a strict run.
    """
    with (
        opened(events, stdin) as raw,
        unpacked(events, through(raw) if through else raw) as stream,
        Progress(err, doing, None if mapping or is_gzip(events) else _size(raw)) as progress,
    ):
        for line in lines(events, stream, mapping, problems, tenant):
            found = line if isinstance(line, LineProblem) else _decoded(line, now, kinds, problems)
            if isinstance(found, LineProblem):
                progress.clear()
                problems.tell_unreadable(found)
            else:
                progress.advance(1 if mapping else len(found.line.record) + 1)
                yield found
    problems.tell_fitted()


def tickets(
    found: Iterable[FileEvent], problems: Problems, *, partial: bool = False
) -> dict[str, list[Fact]]:
    """Return the facts of each ticket by ticket key, each identity once. Events about desks are skipped.

    A ticket with an unreadable line is left out unless `partial`, and told: the line may decide its verdict.
    A fact beyond the limit of a ticket is reported to `problems`.
    """
    facts: dict[str, list[Fact]] = {}
    for event in found:
        if event.is_sign:
            continue
        if add(facts.setdefault(event.ticket, []), event.fact) is FULL:
            problems.tell(LineProblem(event.line.number, None, TOO_MANY_FACTS.detail))
    if partial:
        problems.tell_left_out("judged without their unreadable lines")
    else:
        for ticket in problems.unreadable:
            facts.pop(ticket, None)
        problems.tell_left_out("not judged (--partial judges them by their other lines)")
    return facts


def _decoded(line: JsonLine, now: int | None, kinds: Kinds, problems: Problems) -> FileEvent | LineProblem:
    decoded = decode_json(line.record, now, kinds, partial(problems.note, line.number))
    if not isinstance(decoded, Rejection):
        return FileEvent(line, *decoded)
    named = named_ticket(line.record)
    problems.note_rejected(line, decoded, named)
    known = None
    if named.tenant is not None and named.ticket_id is not None and not named.is_about_desk:
        known = key(named.tenant, named.ticket_id)
    return LineProblem(line.number, decoded.field, decoded.detail, known, named.is_about_desk)


def _size(stream: BinaryIO) -> int | None:
    """Return the size of a regular file in bytes; None for a pipe."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
