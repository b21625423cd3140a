"""What a file of events holds, line by line, and what is wrong with a line."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from service.events.rejection import TOO_LARGE
from service.events.structured import LARGEST


@dataclass(frozen=True, slots=True)
class Line:
    """One event: a structured CloudEvent as JSON. `number` is where the file has it, from 1."""

    number: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line is no event. Never quotes the line's content: it may be personal."""

    number: int
    field: str | None
    reason: str

    def at(self, file: str) -> str:
        """One line for people."""
        return f"{file}:{self.number}: {self.field + ': ' if self.field else ''}{self.reason}"


def json_lines(stream: BinaryIO) -> Iterator[Line | Problem]:
    """The lines of a JSON Lines file, without blank ones. One too long is skipped without holding it."""
    number = 0
    while piece := stream.readline(LARGEST + 2):
        number += 1
        record = piece.rstrip(b"\r\n")
        if len(record) > LARGEST:
            yield Problem(number, None, TOO_LARGE.detail)
            while piece and not piece.endswith(b"\n"):
                piece = stream.readline(LARGEST)
        elif record := record.removeprefix(codecs.BOM_UTF8 if number == 1 else b"").strip():
            yield Line(number, record)
