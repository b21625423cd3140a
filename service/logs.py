"""The log: one line each, as text or JSON, on standard output. Never a payload, never ticket data."""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

FIELDS = (
    "partition",
    "topic",
    "port",
    "offset",
    "reason",
    "took_ms",
    "count",
)  # what `extra` may carry into a line


class Text(logging.Formatter):
    """Lines such as `2026-01-01T00:00:00.000Z INFO service.app listening port=8080`."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter; a line break inside a message is shown as a space."""
        pairs = "".join(f" {name}={value}" for name, value in _fields(record).items())
        head = f"{_instant(record)} {record.levelname} {record.name} {_line(record.getMessage())}{pairs}"
        return f"{head}\n{self.formatException(record.exc_info)}" if record.exc_info and _traces() else head


class Json(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        entry: dict[str, object] = {
            "time": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _line(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info and _traces():
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class Rate(logging.Filter):
    """Lets `most` records through in each `per` seconds and then says how many it held back.

    A dead broker makes aiokafka write thousands of lines a minute; the first few say it all.
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
                    f"{_line(record.getMessage())} (and {self._held} lines more before it)",
                    None,
                )
            self._since, self._passed, self._held = record.created, 0, 0
        self._passed += 1
        self._held += self._passed > self.most
        return self._passed <= self.most


def open_log(form: str) -> None:
    """Sends every logger to standard output as `form` (text or json); libraries only warn, rate-limited."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Json() if form == "json" else Text())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("service").setLevel(logging.DEBUG if _traces() else logging.INFO)
    handler.addFilter(_Libraries())


def no_log() -> None:
    """For commands that answer and end: what goes wrong is in their one line, so libraries stay silent."""
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)


class _Libraries(logging.Filter):
    # On the handler, not on the logger: a logger's filter does not see what its children write.
    def __init__(self) -> None:
        super().__init__()
        self._rates: dict[str, Rate] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        library = record.name.partition(".")[0]
        if library == "service":
            return True
        return self._rates.setdefault(library, Rate()).filter(record)


def _traces() -> bool:
    return (
        sys.flags.dev_mode
    )  # `python -X dev` or PYTHONDEVMODE=1: tracebacks and debug lines, for developers


def _instant(record: logging.LogRecord) -> str:
    return (
        datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def _line(text: str) -> str:
    return " ".join(text.splitlines())


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    return {name: record.__dict__[name] for name in FIELDS if name in record.__dict__}
