"""The headers of a delivery: by name, with each line that came, and without the secret ones."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

HeaderLines = Mapping[str, Sequence[bytes]]  # names in small letters; a name that came twice has two values

_ALWAYS_SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SOUNDS_SECRET = re.compile(r"token|secret|password|api-?key|credential|auth")


def header_lines(raw: Iterable[tuple[bytes, bytes]]) -> HeaderLines:
    """Return the headers of an ASGI scope, by name."""
    lines: dict[str, list[bytes]] = {}
    for name, value in raw:
        lines.setdefault(name.decode("latin-1").lower(), []).append(value)
    return lines


def only(headers: HeaderLines, name: str) -> bytes | None:
    """Return the value of a header that came exactly once; None: it did not come, or came twice."""
    values = headers.get(name.lower(), ())
    return values[0] if len(values) == 1 else None


def plain_headers(headers: HeaderLines, proofs: Collection[str]) -> dict[str, str]:
    """Return the headers that a mapping may read and a dead letter may keep. Equal names are joined.

    `proofs`: the headers that prove who sent it. They are left out, and so is every header whose name sounds
    like a secret: a proxy or a product may add its own.
    """
    left_out = {name.lower() for name in proofs} | _ALWAYS_SECRET
    return {
        name: b", ".join(values).decode("latin-1")
        for name, values in headers.items()
        if name not in left_out and not _SOUNDS_SECRET.search(name)
    }
