"""Exports in files: CSV, spreadsheets, JSON arrays or JSON Lines of objects, as tables of a mapping."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from schemas.envelope import DEFAULT_TENANT
from service.errors import RefusalError
from service.events.json_value import read_json
from service.events.rejection import RejectedError
from service.mapping.export import Exported
from service.mapping.expression import ValueWatch
from service.mapping.mapped import Dropped
from service.mapping.mapping import Mapping as MappingFile
from service.mapping.table import Row, Table
from service.offline.csv_rows import CsvRow, Rows
from service.offline.file_kinds import SPREADSHEETS, is_gzip
from service.offline.gzipped import unpacked
from service.offline.json_lines import JsonLine, LineProblem
from service.offline.spreadsheet import spreadsheet_table
from service.sla.state import key


def exported_lines(
    path: Path,
    stream: BinaryIO,
    by: MappingFile,
    tell: Callable[[int, Dropped], object] = lambda number, dropped: None,  # noqa: ARG005
    tenant: str = DEFAULT_TENANT,
) -> Iterator[JsonLine | LineProblem]:
    """Yield the events of an export in the order they happened, after a LineProblem for each unreadable row.

    The events of a ticket with an unreadable row are among them, as far as they can be read. `tell` is called
    for each value that was made fit or left out, with its line. Raises RefusalError when a column or file is
    missing.
    """
    problems: list[LineProblem] = []
    found = exported(path, stream, by, problems, tenant=tenant)
    for number, dropped in found.dropped:
        tell(number, dropped)
    for one in found.problems:
        ticket = key(*one.ticket) if one.ticket else None
        problems.append(LineProblem(one.number, None, str(one.error), ticket))
    yield from sorted(problems, key=lambda problem: problem.number)
    for event in sorted([*found.events, *found.held], key=lambda event: event.order):
        yield JsonLine(event.number, msgspec.json.encode(event.event))


def exported(
    path: Path,
    stream: BinaryIO,
    by: MappingFile,
    problems: list[LineProblem],
    watch: ValueWatch | None = None,
    tenant: str = DEFAULT_TENANT,
) -> Exported:
    """Return what an export gives. Rows that are none are added to `problems`. Raises RefusalError.

    The files that the mapping joins lie beside the export.
    """
    joined = by.export.files if by.export else {}
    tables = {name: _of_file(path.parent / one.file, by) for name, one in joined.items()}
    return by.of_rows(_table(path, stream, by, problems), tables, tenant=tenant, watch=watch)


def _of_file(path: Path, by: MappingFile) -> Table:
    problems: list[LineProblem] = []
    try:
        with path.open("rb") as raw, unpacked(path.name, raw) as stream:
            table = _table(path, stream, by, problems)
            table = Table(table.name, table.header, list(table.rows))
    except OSError as error:
        raise RefusalError(f"{path}: {error.strerror}") from None
    if problems:  # what is joined belongs to every ticket
        raise RefusalError(problems[0].at(str(path)))
    return table


def _table(path: Path, stream: BinaryIO, by: MappingFile, problems: list[LineProblem]) -> Table:
    export = by.export
    path = path.with_suffix("") if is_gzip(path.name) else path  # it is unpacked already
    if path.suffix.lower() in SPREADSHEETS:
        return spreadsheet_table(path, stream)
    if path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        return _json_table(path, stream)
    delimiter, encoding = (export.delimiter, export.encoding) if export else (",", "utf-8")
    rows = Rows(path, stream, delimiter=delimiter, encoding=encoding)
    return Table(str(path), rows.header or [], _rows(rows, problems))


def _rows(rows: Rows, problems: list[LineProblem]) -> Iterator[Row]:
    for row in rows:
        if isinstance(row, CsvRow):
            yield Row(row.number, row.cells)
        else:
            problems.append(row)


def _json_table(path: Path, stream: BinaryIO) -> Table:
    raw = stream.read()
    objects: list[tuple[int, Any]] = []
    try:
        if path.suffix.lower() == ".json":
            said = read_json(raw)
            objects = list(enumerate(said if isinstance(said, list) else [said], 1))
        else:
            lines = enumerate(raw.splitlines(), 1)
            objects = [(number, read_json(line)) for number, line in lines if line.strip()]
    except RejectedError as error:
        raise RefusalError(f"{path}: {error.rejection.detail}") from None
    if not all(isinstance(one, dict) for _, one in objects):
        raise RefusalError(f"{path}: holds something other than objects")
    header = list(dict.fromkeys(name for _, one in objects for name in one))
    return Table(str(path), header, [Row(n, [one.get(name) for name in header]) for n, one in objects])
