"""`gateway try`: what one delivery would give, without Kafka and without a signature."""

import re
from pathlib import Path
from typing import TextIO

from service.errors import RefusalError
from service.gateway.intake import Publishable, Unmappable, take
from service.gateway.source import MOST_BYTES, HookSource
from service.mapping.mapping_file import read_mapping
from service.text.visible import visible, visible_json

_LINE = re.compile(r"([^\s:]+):[ \t]*(.*?)[ \t]*")


def try_delivery(
    mapping: Path,
    body: bytes,
    headers: Path | None,
    *,
    endpoint: str,
    tenant: str,
    now: int,
    out: TextIO,
    err: TextIO,
) -> int:
    """Write the events of a delivery as JSON Lines, and what was dropped. Return the exit code. `now` in ms.

    Exit code 1: it would be a dead letter. Raises RefusalError for a file that cannot be read.
    """
    if len(body) > MOST_BYTES:
        raise RefusalError(f"the body is larger than {MOST_BYTES} bytes, which no source may send")
    source = HookSource(endpoint, read_mapping(mapping), tenant)
    taken = take(source, body, read_headers(headers) if headers else {}, now, now)
    if isinstance(taken, Unmappable):
        print(visible(f"a dead letter: {taken.reason}: {taken.detail}"), file=err)
        return 1
    _tell(taken, out, err)
    return 0


def _tell(taken: Publishable, out: TextIO, err: TextIO) -> None:
    for event in taken.events:
        print(visible_json(event.value.decode()), file=out)
    for dropped in taken.dropped:
        print(visible(f"{dropped}: {dropped.text}"), file=err)
    for code in taken.fitted:
        print(visible(f"{code.field}: {code.fitting.value}"), file=err)
    if not taken.events:
        print("no event: no rule of the mapping fits", file=err)


def read_headers(path: Path) -> dict[str, str]:
    """Return the headers in a file, a line each: `Name: value`. Raises RefusalError."""
    try:
        lines = path.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise RefusalError(f"{path}: {error.strerror or error}") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        parts = _LINE.fullmatch(line)
        if line and not parts:
            raise RefusalError(f"{path}:{number}: is no header; write Name: value")
        if parts:
            found[parts[1].lower()] = parts[2]
    return found
