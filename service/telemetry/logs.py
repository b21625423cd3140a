"""The log: a line for each record, as text or JSON, on standard output. Never a payload or ticket data."""

import json
import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO

from service.text.visible import one_line, visible, visible_json

# The fields of `extra` that go into a line.
FIELDS = (
    "partition",
    "topic",
    "port",
    "offset",
    "reason",
    "took_ms",
    "count",
)


_WHY = "the log on standard output cannot be written: {}; going on without it"


class Text(logging.Formatter):
    """Lines such as `2026-01-01T00:00:00.000Z INFO service.processes.service listening port=8080`."""

    def __init__(self, *, traces: bool = False) -> None:
        """Create a formatter. `traces`: with tracebacks, for developers."""
        super().__init__()
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as one line: a line break becomes a space, a control character `<U+001B>`."""
        pairs = "".join(f" {name}={one_line(str(value))}" for name, value in _fields(record).items())
        head = f"{_instant(record)} {record.levelname} {visible(record.name)} {one_line(record.getMessage())}"
        lines = self.formatException(record.exc_info).split("\n") if record.exc_info and self._traces else []
        return "\n".join([head + pairs, *map(visible, lines)])


class Json(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and the fields."""

    def __init__(self, *, traces: bool = False) -> None:
        """See Text."""
        super().__init__()
        self._traces = traces

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        entry: dict[str, object] = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": " ".join(record.getMessage().splitlines()),
            **_fields(record),
        }
        if record.exc_info and self._traces:
            entry["traceback"] = self.formatException(record.exc_info)
        return visible_json(json.dumps(entry, ensure_ascii=False, default=str))


class Rate(logging.Filter):
    """A rate limit: passes `most` records in each `per` seconds, then adds how many it held back.

    A dead broker makes aiokafka write thousands of lines a minute. The first few are enough.
    """

    def __init__(self, most: int = 5, per: float = 60.0) -> None:
        super().__init__()
        self.most, self.per = most, per
        self._since, self._passed, self._held = float("-inf"), 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter. The time is the record's own."""
        if record.created - self._since >= self.per:
            if self._held:
                record.msg, record.args = (
                    f"{record.getMessage()} (and {self._held} more lines before it)",
                    None,
                )
            self._since, self._passed, self._held = record.created, 0, 0
        self._passed += 1
        self._held += self._passed > self.most
        return self._passed <= self.most


class Output(logging.Handler):
    """Writes lines to the descriptor of standard output, and goes on when a write fails.

    The first failure is reported on `err`. The next line that can be written follows a line with the number
    of lost lines.
    """

    def __init__(self, descriptor: int, err: TextIO | None) -> None:
        super().__init__()
        self._descriptor, self._err = descriptor, err
        self._lost, self._torn = 0, False

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        try:
            line = self.format(record) + "\n"
        except Exception:  # noqa: BLE001 (as in every handler: a library's bad log call must not end us)
            self.handleError(record)
            return
        try:
            if self._lost:
                self._write(("\n" if self._torn else "") + self.format(self._gap(record)) + "\n")
                self._lost = 0
            self._write(line)
        except OSError as error:
            if not self._lost and self._err:
                with suppress(OSError):
                    self._err.write(f"sla-timer: {_WHY.format(error.strerror)}\n")
                    self._err.flush()
            self._lost += 1

    def _write(self, text: str) -> None:
        rest = text.encode(errors="backslashreplace")
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
            self._torn = bool(rest)

    def _gap(self, record: logging.LogRecord) -> logging.LogRecord:
        said = "%d lines before this one could not be written"
        gap = logging.LogRecord(__name__, logging.WARNING, __file__, 0, said, (self._lost,), None)
        gap.created = record.created
        return gap


def open_log(form: str) -> None:
    """Send all logs to standard output as `form` (text or json). Libraries: warnings only, rate-limited."""
    handler = Output(sys.stdout.fileno(), sys.stderr)
    traces = bool(sys.flags.dev_mode)  # `python -X dev` or PYTHONDEVMODE=1; debug lines as well
    handler.setFormatter((Json if form == "json" else Text)(traces=traces))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("service").setLevel(logging.DEBUG if traces else logging.INFO)
    handler.addFilter(_Libraries())


def no_log() -> None:
    """Silence all logs, for commands that answer and end: their error message is one line."""
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


class _Libraries(logging.Filter):
    # On the handler, not on the logger: a logger's filter does not see the records of its children.
    def __init__(self) -> None:
        super().__init__()
        self._rates: dict[str, Rate] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        library = record.name.partition(".")[0]
        if library == "service":
            return True
        return self._rates.setdefault(library, Rate()).filter(record)


def _instant(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    return {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
