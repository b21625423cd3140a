"""Standard input, output and error: always open, whatever the caller closed, with readable errors.

The next file or connection would get the number of a closed stream. Output would then be written into it.
"""

import errno
import io
import os
import sys
from typing import Any

from service.errors import RefusalError


class ReadEnoughError(Exception):
    """The reader of our output has closed the pipe, as in `sla-timer simulate … | head`."""


def open_streams() -> None:
    """Replace sys.stdin, sys.stdout and sys.stderr.

    Reading and writing raise RefusalError on failure, and ReadEnoughError when the reader closed the pipe.
    What cannot be written to standard error is lost: no stream is left to report it on.
    """
    for descriptor, refusing in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        # The replacement fails like a closed stream, except for standard error.
        if not _is_open(descriptor):
            os.set_inheritable(os.open(os.devnull, refusing), True)  # takes the lowest free number: this one
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_Input(0, "r", closefd=False)), encoding="utf-8")
    sys.stdout = _text(_Output(1, "w", closefd=False), "strict")  # JSON and pages are UTF-8 everywhere
    sys.stderr = _text(_Errors(2, "w", closefd=False), "backslashreplace")


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _text(raw: io.FileIO, errors: str) -> io.TextIOWrapper:
    by_line = raw.isatty() or raw.fileno() == 2 or bool(os.environ.get("PYTHONUNBUFFERED"))
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors=errors, newline="\n", line_buffering=by_line
    )


def _why(error: OSError) -> str:
    return "is closed" if error.errno == errno.EBADF else error.strerror or str(error)


class _Input(io.FileIO):
    def readinto(self, buffer: Any) -> int | None:
        try:
            return super().readinto(buffer)
        except OSError as error:
            raise RefusalError(f"standard input: {_why(error)}") from None

    def readall(self) -> bytes:
        try:
            return super().readall() or b""
        except OSError as error:
            raise RefusalError(f"standard input: {_why(error)}") from None


class _Output(io.FileIO):
    _failed = False  # reported once; later writes, up to the interpreter's last flush, are discarded

    def write(self, content: Any) -> int | None:  # type: ignore[override]
        if self._failed:
            return len(content)
        try:
            return super().write(content)
        except BrokenPipeError:
            self._failed = True
            raise ReadEnoughError from None
        except OSError as error:
            self._failed = True
            raise RefusalError(f"standard output: {_why(error)}") from None


class _Errors(io.FileIO):
    def write(self, content: Any) -> int | None:  # type: ignore[override]
        try:
            return super().write(content)
        except OSError:
            return len(content)
