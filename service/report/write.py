"""Writes the report in the requested form."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from service.report.csv import sheet
from service.report.html import page
from service.report.table import table
from service.text.visible import visible, visible_json
from service.whole_file import whole_file

FORMS = ("table", "csv", "json", "html")


def write(
    document: Mapping[str, Any], form: str, *, section: str, lang: str, out: TextIO, file: Path | None
) -> None:
    """Write the report to `file`, else to `out`. `form` is one of FORMS. `section` is for CSV.

    Raises RefusalError when the file cannot be written.
    """
    if file is None:
        _write(document, form, section, lang, out)
        return
    with whole_file(file) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        _write(document, form, section, lang, text)
        text.detach()  # flushes into the stream, which `whole_file` closes


def _write(document: Mapping[str, Any], form: str, section: str, lang: str, out: TextIO) -> None:
    if form == "csv":
        sheet(document, section, out)
    elif form == "json":
        out.write(visible_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    elif form == "html":
        out.write(page(document, lang))
    else:
        out.writelines(visible(line) + "\n" for line in table(document, lang))
