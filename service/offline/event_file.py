"""Files of events: JSON Lines of structured CloudEvents, or a CSV export; `-` is standard input."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from service.errors import RefusalError
from service.events.fact import CHANNELS, COMPLAINTS, Kinds
from service.events.rejection import TOO_MANY_FACTS, Rejection
from service.events.structured import decode_json
from service.offline.csv_import.events import export_lines
from service.offline.csv_import.mapping import read_mapping
from service.offline.json_lines import JsonLine, LineProblem, json_lines
from service.offline.progress import Progress
from service.sla.facts import Fact, Sign
from service.sla.history import FULL, add
from service.text.visible import visible

STANDARD_INPUT = "-"
_SIGNS = frozenset(Sign)


class FileEvent(msgspec.Struct, frozen=True, gc=False):
    """One event that is fit to be judged, and the line that holds it."""

    line: JsonLine
    ticket: str  # its key, or that of a desk
    fact: Fact

    @property
    def is_sign(self) -> bool:
        """True when it is about a support desk."""
        return self.fact.kind in _SIGNS


class Problems:
    """Tells each problem on a line of its own, and counts them. Stops at the first if strict."""

    def __init__(self, events: str, err: TextIO, *, strict: bool = False) -> None:
        self.file = shown(events)
        self._err = err
        self._strict = strict
        self.count = 0

    def tell(self, problem: LineProblem) -> None:
        """Raises StoppedError when strict."""
        self.count += 1
        print(visible(problem.at(self.file)), file=self._err)
        if self._strict:
            raise StoppedError

    def tell_unknown(self, what: str) -> None:
        """Tells what nobody can judge although its lines are fit."""
        self.count += 1
        print(visible(f"{self.file}: {what}"), file=self._err)


class StoppedError(Exception):
    """The first problem of a strict run; it has been told."""


def shown(events: str) -> str:
    """How people call the file."""
    return "standard input" if events == STANDARD_INPUT else events or "."


@contextmanager
def opened(events: str, stdin: BinaryIO) -> Iterator[BinaryIO]:
    """The file, or standard input. Raises RefusalError when it cannot be read."""
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
        except OSError as error:  # in the middle of it: a disk that fails, a share that is gone
            raise RefusalError(f"{shown(events)}: {error.strerror or error}") from None


def lines(events: str, stream: BinaryIO, mapping: Path | None) -> Iterator[JsonLine | LineProblem]:
    """The events of a file as structured JSON. Raises RefusalError for a bad mapping or a missing column."""
    if mapping:
        return export_lines(Path(shown(events)), stream, read_mapping(mapping))
    if events.lower().endswith(".csv"):
        raise RefusalError(f"{events}: a CSV file needs --mapping FILE, for example mappings/helpdesk.yaml")
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
) -> Iterator[FileEvent]:
    """The events of a file that are fit, in its order (a CSV export's as they happened); the rest is told.

    `now` in ms; without it, the future has no limit. `doing` is the word for the progress. What is
    read comes `through` that. Events may be of these `kinds`. Raises RefusalError when it cannot be read,
    StoppedError at the first problem of a strict run.
    """
    with (
        opened(events, stdin) as stream,
        Progress(err, doing, None if mapping else _size(stream)) as progress,
    ):
        for line in lines(events, through(stream) if through else stream, mapping):
            found = line if isinstance(line, LineProblem) else _decoded(line, now, kinds)
            if isinstance(found, LineProblem):
                progress.clear()
                problems.tell(found)
            else:
                progress.advance(1 if mapping else len(found.line.record) + 1)
                yield found


def tickets(found: Iterable[FileEvent], problems: Problems) -> dict[str, list[Fact]]:
    """The facts of each ticket, by ticket key, each identity once. What a full ticket cannot take is told.

    What is about desks is passed over.
    """
    facts: dict[str, list[Fact]] = {}
    for event in found:
        if event.is_sign:
            continue
        if add(facts.setdefault(event.ticket, []), event.fact) is FULL:
            problems.tell(LineProblem(event.line.number, None, TOO_MANY_FACTS.detail))
    return facts


def _decoded(line: JsonLine, now: int | None, kinds: Kinds) -> FileEvent | LineProblem:
    decoded = decode_json(line.record, now, kinds)
    if isinstance(decoded, Rejection):
        return LineProblem(line.number, decoded.field, decoded.detail)
    return FileEvent(line, *decoded)


def _size(stream: BinaryIO) -> int | None:
    """Bytes of a regular file; None for a pipe."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
