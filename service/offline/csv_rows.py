"""The rows of a CSV file, each with the number of its first line."""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from service.errors import RefusalError
from service.offline.json_lines import LineProblem


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row. `number` is its first line in the file, from 1."""

    number: int
    cells: tuple[str, ...]


class _Text:
    """The file's lines as text, with the first line of a row and the lines that could not be decoded."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._number = 0
        self._began: int | None = None
        self.unreadable: list[int] = []
        self.looks_like = ""  # what is said of the encoding, once a line was not decoded

    def begin(self) -> None:
        """Note that the next line begins a row."""
        self._began = None

    @property
    def began(self) -> int:
        """The first line of the row, from 1."""
        return self._began or self._number

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self._number += 1
            try:
                text = line.decode(self._encoding)
            except UnicodeDecodeError:
                self.unreadable.append(self._number)
                self.looks_like = self.looks_like or _looks_like(line)
                continue
            self._began = self._began or self._number
            yield text.removeprefix("\ufeff") if self._number == 1 else text


class Rows:
    """A CSV file with a header. Iterating gives its rows, and a LineProblem for each that cannot be read."""

    def __init__(self, path: Path, stream: BinaryIO, *, delimiter: str, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._text = _Text(stream, encoding)
        self._reader = csv.reader(self._text, delimiter=delimiter, strict=True)
        try:
            self.header = next(self._reader, None)
        except csv.Error as error:
            raise RefusalError(f"{path}:1: the header is no CSV: {error}") from None
        if self.header is None or self._text.unreadable:
            raise RefusalError(
                f"{path}:1: "
                + (f"is not {encoding}{self._text.looks_like}" if self._text.unreadable else "has no header")
            )

    def __iter__(self) -> Iterator[CsvRow | LineProblem]:
        width = len(self.header or [])
        while True:
            self._text.begin()
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                yield LineProblem(self._text.began, None, f"is no CSV: {error}")
                continue
            while self._text.unreadable:
                yield LineProblem(
                    self._text.unreadable.pop(0), None, f"is not {self._encoding}{self._text.looks_like}"
                )
            if cells is None:
                return
            number = self._text.began
            if cells and len(cells) != width:
                yield LineProblem(number, None, f"has {len(cells)} cells, the header has {width}")
            elif cells:
                yield CsvRow(number, tuple(cells))


def _looks_like(line: bytes) -> str:
    """Return what is said of a line that could not be decoded: which encoding it looks like, if any."""
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "; it looks like UTF-16: save the file as UTF-8"
    for encoding in ("gb18030", "cp1252"):
        try:
            text = line.decode(encoding).strip()
        except UnicodeDecodeError:
            continue
        if text.isprintable() and (encoding != "gb18030" or _is_common_chinese(text)):
            return f"; it looks like {encoding}: say encoding in rows"
    return ": say encoding in rows"


def _is_common_chinese(text: str) -> bool:
    """True when nearly all of it is common. Western text that is read as Chinese has rare signs only."""
    beyond = [sign for sign in text if sign > "\x7f"]
    common = sum(1 for sign in beyond if sign.encode("gb2312", "ignore"))
    return 10 * common >= 9 * len(beyond)
