"""A spreadsheet (.xlsx) as a table: the one sheet with content, and its cells as a mapping reads them."""

from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from service.errors import RefusalError
from service.mapping.table import Row, Table


def spreadsheet_table(path: Path, stream: BinaryIO) -> Table:
    """Return the sheet of a workbook. Its first row is the header. Raises RefusalError.

    Dates and times become texts without an offset, as 2026-03-02T09:00:00 or 2026-03-02: the mapping says
    their zone, and what a date without a time means. Whole numbers lose their `.0`.
    """
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(stream.read()))
        sheet = _sheet(path, book)
        header, *rows = sheet.to_python(skip_empty_area=False) or [[]]
    except CalamineError as error:
        raise RefusalError(f"{path}: is no spreadsheet that can be read: {error}; save it as .xlsx") from None
    named = [str(_plain(one) or "") for one in header]
    return Table(
        str(path), named, [Row(number, list(map(_plain, row))) for number, row in enumerate(rows, 2)]
    )


def _sheet(path: Path, book: CalamineWorkbook) -> CalamineSheet:
    """Return the one visible sheet with content. Raises RefusalError when there is none, or several."""
    shown = (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)
    names = [one.name for one in book.sheets_metadata if (one.typ, one.visible) == shown]
    filled = [sheet for sheet in map(book.get_sheet_by_name, names) if sheet.total_height]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        raise RefusalError(f"{path}: has no sheet with content")
    listed = ", ".join(sheet.name for sheet in filled)
    raise RefusalError(f"{path}: has several sheets with content ({listed}): keep the one that is to be read")


def _plain(cell: Any) -> Any:
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
