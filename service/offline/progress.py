"""The progress of a long command: a line that is redrawn, on a terminal only."""

from types import TracebackType
from typing import Self, TextIO

_WIDTH = 30


class Progress:
    """A progress line. As a context manager it removes the line, so that errors and results stay readable."""

    def __init__(self, err: TextIO, label: str, total: int | None) -> None:
        self._err = err
        self._label = label
        self._total = total  # None: not known
        self._done = 0
        self._shown = -1
        self._visible = err.isatty()

    def advance(self, more: int = 1) -> None:
        """Add `more` to what is done."""
        self._done += more
        if not self._visible:
            return
        step = 100 * self._done // self._total if self._total else self._done // 1000
        if step != self._shown:
            self._shown = step
            self._draw()

    def clear(self) -> None:
        """Remove the line, so that another line can be printed."""
        if self._visible:
            self._err.write("\r\x1b[K")
            self._shown = -1

    def _draw(self) -> None:
        if self._total:
            filled = min(_WIDTH, _WIDTH * self._done // self._total)
            self._err.write(f"\r{self._label} [{'#' * filled:<{_WIDTH}}] {self._shown:3} %")
        else:
            self._err.write(f"\r{self._label} {self._done:,}")
        self._err.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
        self._err.flush()
