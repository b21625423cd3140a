"""Samples of what a help desk sends, in files: a body, its headers beside it, or a history."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from service.errors import RefusalError
from service.events.json_value import read_json
from service.events.rejection import RejectedError
from service.mapping.delivery import Delivery
from service.mapping.expression import ValueWatch
from service.mapping.mapped import Mapped, UnmappableError
from service.mapping.mapping import Mapping as MappingFile
from service.offline.event_file import opened, shown
from service.offline.export_file import exported
from service.offline.json_lines import LineProblem

EXPORTS = (".csv", ".jsonl", ".ndjson")
HISTORY = "history"  # a file whose name begins so is one


def read_body(file: str, stdin: BinaryIO) -> object:
    """Return the JSON value of a file, or of standard input for `-`. Raises RefusalError."""
    with opened(file, stdin) as stream:
        raw = stream.read()
    try:
        return read_json(raw)
    except RejectedError as error:
        raise RefusalError(f"{shown(file)}: {error.rejection.detail}") from None


def read_headers(path: Path) -> Mapping[str, str]:
    """Return the headers of a file with a line `Name: value` for each. Raises RefusalError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise RefusalError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RefusalError(f"{path}: is not UTF-8") from None
    headers = {}
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if line.strip() and not colon:
            raise RefusalError(f"{path}:{number}: is no header; write Name: value")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return headers


def samples(directory: Path) -> Iterator[Path]:
    """Yield the bodies and exports of a directory by name. Raises RefusalError when there is none."""
    found = sorted(path for path in directory.iterdir() if path.suffix.lower() in (".json", *EXPORTS))
    if not found:
        raise RefusalError(f"{directory}: has no file *.json, *.jsonl or *.csv")
    yield from found


def mapped(by: MappingFile, path: Path, stdin: BinaryIO, watch: ValueWatch | None = None) -> Iterator[Mapped]:
    """Yield what a sample gives: one delivery, the parts of a history, the rows of an export.

    Raises RefusalError.
    """
    if path.suffix.lower() in EXPORTS:
        yield from of_export(by, path, watch)
        return
    body = read_body(str(path), stdin)
    if path.name.startswith(HISTORY):
        yield from by.of_history(body, watch=watch)
        return
    beside = path.with_suffix(".headers")
    yield of_delivery(by, Delivery(body, read_headers(beside) if beside.exists() else {}), watch)


def of_export(by: MappingFile, path: Path, watch: ValueWatch | None = None) -> Iterator[Mapped]:
    """Yield what the rows of an export give, in the order in which it happened. Raises RefusalError."""
    problems: list[LineProblem] = []
    with opened(str(path), BytesIO()) as stream:
        found = exported(path, stream, by, problems, watch)
    for line in problems:
        error = UnmappableError("", line.field or "row", line.reason)
        yield Mapped(problem=error, place=f"line {line.number}")
    for problem in found.problems:
        yield Mapped(problem=problem.error, place=f"line {problem.number}")
    for number, note in found.dropped:
        yield Mapped(dropped=[note], place=f"line {number}")
    for one in found.events:
        yield Mapped([one.event], place=f"line {one.number}", fired=[one.rule])


def of_delivery(by: MappingFile, delivery: Delivery, watch: ValueWatch | None = None) -> Mapped:
    """Return what one delivery gives, with the reason in place of events when it cannot be mapped."""
    try:
        return by.of_delivery(delivery, watch=watch)
    except UnmappableError as error:
        return Mapped(problem=error)
