"""`mapping check`: what is wrong with a mapping file, and what samples show of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from service.mapping.expression import Expression
from service.mapping.mapped import Mapped
from service.mapping.mapping import Mapping
from service.mapping.mapping_file import BadMapping, read_mapping
from service.offline.mapping_sample import mapped, samples
from service.text.visible import visible


class SeenValues:
    """Notes which expressions gave anything but null, and which rules gave events."""

    def __init__(self) -> None:
        self._read: set[int] = set()
        self._filled: set[int] = set()

    def saw(self, expression: Expression, value: object) -> None:
        """See ValueWatch."""
        self._read.add(id(expression))
        if value is not None and value != []:
            self._filled.add(id(expression))

    def is_null(self, expression: Expression) -> bool:
        """True for an expression that was read, and was never anything but null or an empty array."""
        return id(expression) in self._read - self._filled


def check(path: Path, directory: Path | None, *, stdin: BinaryIO, out: TextIO, err: TextIO) -> int:
    """Print every problem of the file to `err`, and what its samples show to `out`. Return the exit code."""
    try:
        by = read_mapping(path)
    except BadMapping as bad:
        for problem in bad.problems:
            print(problem, file=err)
        return 2
    print(visible(f"{by.name} · {path}: {_counted(by)} rules, sha256 {by.digest}"), file=out)
    if directory is None:
        print("no problem", file=out)
        return 0
    seen = SeenValues()
    fired: set[str] = set()
    problems = 0
    for sample in samples(directory):
        for line, one in _lines(by, sample, stdin, seen):
            fired.update(one.fired)
            problems += one.problem is not None
            print(visible(line), file=out)
    findings = [*_silent(by, fired), *_null(by, seen)]
    for finding in findings:
        print(visible(f"{path}{finding}"), file=out)
    if problems or findings:
        return 1
    print("no problem: every rule gave an event, every expression a value", file=out)
    return 0


def _lines(by: Mapping, sample: Path, stdin: BinaryIO, seen: SeenValues) -> Iterator[tuple[str, Mapped]]:
    found = False
    for one in mapped(by, sample, stdin, seen):
        found = True
        place = f"{sample.name}{', ' if one.place else ''}{one.place}"
        words = ", ".join(event["type"].removeprefix("complaint.") for event in one.events)
        if one.problem:
            text = f": “{one.problem.text}”" if one.problem.text else ""
            yield f"  {place}: cannot be mapped: {one.problem}{text}", one
            continue
        yield f"  {place}: {words or 'irrelevant'}", one
        for note in one.dropped:
            yield f"  {place}: {note}: “{note.text}”", Mapped()
    if not found:
        yield f"  {sample.name}: irrelevant", Mapped()


def _counted(by: Mapping) -> int:
    return len(by.rules) + (len(by.export.rules) if by.export else 0)


def _silent(by: Mapping, fired: set[str]) -> Iterator[str]:
    rows = [one.rule for one in by.export.rules] if by.export else []
    for rule in (*by.rules, *rows):
        if rule.name not in fired:
            yield f":{rule.line}: rule {rule.name}: no sample made it give an event"


def _null(by: Mapping, seen: SeenValues) -> Iterator[str]:
    for located in by.expressions:
        if seen.is_null(located.expression):
            yield f":{located.line}: {located.field}: “{located.expression.text}” was never anything but null"
