"""One section of the report as CSV, for spreadsheets and programs."""

import csv
import unicodedata
from collections.abc import Mapping
from typing import Any, TextIO

from service.errors import RefusalError
from service.report.columns import COLUMNS
from service.text.visible import visible

# A spreadsheet runs a text that begins with one of these, or with a variant of it, as a formula.
_RUNS = frozenset("=+-@\N{MINUS SIGN}")


def sheet(document: Mapping[str, Any], section: str, out: TextIO) -> None:
    """Write the rows of `section`, one of COLUMNS, under a header. An unknown value is an empty cell.

    Raises RefusalError for retractions when the input holds no announcements.
    """
    rows = document[section]
    if rows is None:
        raise RefusalError("--section retractions: a file of events holds no announcements; leave EVENTS out")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS[section])
    for row in rows:
        writer.writerow([_cell(row[column], for_eyes=out.isatty()) for column in COLUMNS[section]])


def _cell(value: Any, *, for_eyes: bool) -> Any:
    if not isinstance(value, str):
        return value
    text = "'" + value if _would_run(value) else value
    return visible(text) if for_eyes else text


def _would_run(text: str) -> bool:
    """True when a spreadsheet may run `text` as a formula.

    The first significant character decides, also in its full width, small or raised form. Blanks, tabs, line
    breaks, quotes and hidden characters are not significant: some spreadsheets drop them first.
    """
    for one in text:
        if one not in "'\"" and not one.isspace() and visible(one) == one:
            return unicodedata.normalize("NFKC", one)[0] in _RUNS
    return False
