"""The report in the form that was asked for."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from service.offline.report.page import page
from service.offline.report.sheet import sheet
from service.offline.report.table import table
from service.settings import Refusal

FORMS = ("table", "csv", "json", "html")


def write(
    document: Mapping[str, Any], form: str, *, section: str, lang: str, out: TextIO, file: Path | None
) -> None:
    """Write it to `file`, else to `out`. `form` is one of FORMS, `section` what of it CSV has.

    Raises Refusal when the file cannot be written.
    """
    if file is None:
        _write(document, form, section, lang, out)
        return
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            _write(document, form, section, lang, opened)
    except OSError as error:
        raise Refusal(f"{file}: cannot be written: {error.strerror or error}") from None


def _write(document: Mapping[str, Any], form: str, section: str, lang: str, out: TextIO) -> None:
    if form == "csv":
        sheet(document, section, out)
    elif form == "json":
        out.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    elif form == "html":
        out.write(page(document, lang))
    else:
        out.writelines(line + "\n" for line in table(document, lang))
