"""Files that exports come in: spreadsheets, packed files, and what is said of other encodings."""

import gzip
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.instant import written
from service.errors import RefusalError
from service.mapping.table import Table
from service.offline.csv_rows import Rows
from service.offline.event_file import Problems, fit
from service.offline.json_lines import LineProblem
from service.offline.spreadsheet import spreadsheet_table
from tests.offline.exports import ACTIONS, HEADER
from tests.offline.exports import ROWS as FIELDS
from tests.offline.test_simulate import LATE
from tests.offline.workbook import workbook

NINE = datetime(2026, 3, 2, 10, 0)  # noqa: DTZ001 (a spreadsheet's times are local)
ROWS = [["ticket", "what", "when", "who"], ["T1", "opened", NINE, 7.0], [], ["T2", "opened", NINE, "c2"]]
PACKED = gzip.compress(LATE.encode(), mtime=0)
LOCAL = {"time": {"read": "when", "format": "rfc3339", "zone": "Europe/Rome"}}


def table(content: bytes) -> Table:
    return spreadsheet_table(Path("e.xlsx"), io.BytesIO(content))


def test_a_spreadsheet_is_a_table_with_the_numbers_of_its_rows() -> None:
    found = table(workbook({"tickets": ROWS}))
    assert found.header == ["ticket", "what", "when", "who"]
    rows = [(row.number, list(row.cells)) for row in found.rows if any(row.cells)]
    assert rows == [
        (2, ["T1", "opened", "2026-03-02T10:00:00", 7]),
        (4, ["T2", "opened", "2026-03-02T10:00:00", "c2"]),
    ]


@pytest.mark.parametrize("name", ["export.xlsx", "export.xlsx.gz", "EXPORT.XLSX"])
def test_a_mapping_reads_a_spreadsheet(tmp_path: Path, name: str) -> None:
    content = workbook({"tickets": ROWS, "empty": [], "notes": [["secret"]]}, hidden=["notes"])
    file = tmp_path / name
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found, problems = events_of(file, tmp_path, LOCAL)
    assert found == ["T1@default 2026-03-02T09:00", "T2@default 2026-03-02T09:00"]
    assert problems == ""


def events_of(file: Path, directory: Path, rows: dict[str, Any]) -> tuple[list[str], str]:
    """The ticket and time of each event of an export, and what is told."""
    by = {"mapping": "small", "source": "/small", "tables": {"actions": ACTIONS}, "rows": {**FIELDS, **rows}}
    (directory / "m.yaml").write_text(json.dumps(by))
    err = io.StringIO()
    problems = Problems(str(file), err)
    found = fit(str(file), stdin=io.BytesIO(), mapping=directory / "m.yaml", problems=problems, err=err)
    return [f"{one.ticket} {written(one.fact.time)[:16]}" for one in found], err.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no zip at all", "is no spreadsheet that can be read"),
        (b"", "is no spreadsheet that can be read"),
        (workbook({"tickets": ROWS})[:200], "is no spreadsheet that can be read"),
        (workbook({"empty": []}), "has no sheet with content"),
        (workbook({"notes": ROWS}, hidden=["notes"]), "has no sheet with content"),
        (workbook({"a": ROWS, "b": ROWS}), r"has several sheets with content \(a, b\): keep the one"),
    ],
    ids=["text", "empty", "cut", "no rows", "hidden", "two"],
)
def test_a_spreadsheet_that_cannot_be_read_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(RefusalError, match=f"^e.xlsx: {reason}"):
        table(content)


def test_json_lines_may_be_packed(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl.gz"
    file.write_bytes(PACKED)
    err = io.StringIO()
    found = fit(str(file), stdin=io.BytesIO(), mapping=None, problems=Problems(str(file), err), err=err)
    assert [event.ticket for event in found] == ["T1@default", "T1@default"]


@pytest.mark.parametrize(
    "content", [b"plain", PACKED[:-9], PACKED[:40] + b"\xff" * 40], ids=["plain", "cut", "spoilt"]
)
def test_what_is_not_gzip_or_not_all_of_it_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "events.jsonl.gz"
    file.write_bytes(content)
    err = io.StringIO()
    with pytest.raises(RefusalError, match=r"events\.jsonl\.gz: is not gzip, or not all of it: "):
        list(fit(str(file), stdin=io.BytesIO(), mapping=None, problems=Problems(str(file), err), err=err))


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("工单,操作,时间,客户", "gb18030", "; it looks like gb18030: say encoding in rows"),
        ("Vorgang,Größe für Straßen,när,été", "cp1252", "; it looks like cp1252: say encoding in rows"),
        ("ticket,what", "utf-16", "; it looks like UTF-16: save the file as UTF-8"),
        ("\udcffticket,\udc81what", "utf-8", ": say encoding in rows"),
    ],
)
def test_a_header_in_another_encoding_is_told_by_its_looks(text: str, encoding: str, said: str) -> None:
    raw = text.encode(encoding, "surrogateescape") + b"\n"
    with pytest.raises(RefusalError, match=f"^e.csv:1: is not utf-8{said}$"):
        Rows(Path("e.csv"), io.BytesIO(raw), delimiter=",", encoding="utf-8")


def test_a_row_in_another_encoding_is_told_by_its_looks() -> None:
    raw = f"{HEADER}\n".encode() + "T1,打开,2026,客户\n".encode("gb18030")
    (problem,) = Rows(Path("e.csv"), io.BytesIO(raw), delimiter=",", encoding="utf-8")
    assert isinstance(problem, LineProblem)
    assert problem.reason == "is not utf-8; it looks like gb18030: say encoding in rows"
