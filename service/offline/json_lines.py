"""JSON Lines: the lines of a file of events, and what is wrong with a line."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from service.events.rejection import TOO_LARGE
from service.events.structured import LARGEST_BYTES


class JsonLine(msgspec.Struct, frozen=True, gc=False):
    """One event: a structured CloudEvent as JSON. `number` is its line in the file, from 1."""

    number: int
    record: bytes


class LineProblem(msgspec.Struct, frozen=True, gc=False):
    """Why a line is not a valid event. Never quotes the line: its content may be personal."""

    number: int
    field: str | None
    reason: str
    ticket: str | None = None  # the key of the ticket that the line names; None: not known
    is_about_desk: bool = False

    def at(self, file: str) -> str:
        """Return the problem as one line for people."""
        return f"{file}:{self.number}: {self.field + ': ' if self.field else ''}{self.reason}"


def json_lines(stream: BinaryIO) -> Iterator[JsonLine | LineProblem]:
    """Yield the lines of a JSON Lines file, without blank lines.

    A line that is too long becomes a LineProblem, and is never held in memory as a whole.
    """
    number = 0
    while piece := stream.readline(LARGEST_BYTES + 2):
        number += 1
        if len(piece) > LARGEST_BYTES and len(piece.rstrip(b"\r\n")) > LARGEST_BYTES:
            yield LineProblem(number, None, TOO_LARGE.detail)
            while piece and not piece.endswith(b"\n"):
                piece = stream.readline(LARGEST_BYTES)
        elif record := (piece.removeprefix(codecs.BOM_UTF8) if number == 1 else piece).strip():
            yield JsonLine(number, record)
