"""One section of the report as CSV, for spreadsheets and programs."""

import csv
from collections.abc import Mapping
from typing import Any, TextIO

from service.offline.report.columns import COLUMNS
from service.settings import Refusal

_FORMULA = ("=", "+", "-", "@")  # a spreadsheet would run a text that begins with one of these


def sheet(document: Mapping[str, Any], section: str, out: TextIO) -> None:
    """Write the rows of `section`, one of COLUMNS, under a header. What is not known is an empty cell.

    Raises Refusal for retractions where the input cannot tell of any.
    """
    rows = document[section]
    if rows is None:
        raise Refusal("--section retractions: a file of events holds no announcements; leave EVENTS out")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS[section])
    for row in rows:
        writer.writerow([_cell(row[column]) for column in COLUMNS[section]])


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value
