"""A record as every consumer of this process gives it: what the log holds, without what nobody asks for."""

from collections.abc import Sequence

import msgspec

Headers = Sequence[tuple[str, bytes | None]]

MOST_HEADERS = 10_000  # of a record that is read: each costs as much as a short event
# Bytes of memory, about as many instructions: a name of one letter costs as much as a short text.
_HEADER = 32


class Record(msgspec.Struct, frozen=True, gc=False):
    """What one place of a partition's log holds."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms, as its producer or its broker says; any number
    key: bytes | None
    value: bytes | None
    headers: Headers
    size: int  # bytes of key, value, names and values of headers
    cut: bool = False  # it has more of them than anybody reads: key, value and headers are left out

    @property
    def weight(self) -> int:
        """What it costs to look at, in bytes of a value."""
        return self.size + _HEADER * len(self.headers)


def size_of(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Bytes of a record."""
    size = len(key or b"") + len(value or b"")
    for name, said in headers:
        size += (len(name) if name.isascii() else len(name.encode())) + len(said or b"")
    return size
