"""The record type of every consumer of this process: only the fields that the service uses."""

from collections.abc import Sequence

import msgspec

Headers = Sequence[tuple[str, bytes | None]]

MOST_HEADERS = 10_000  # of a record; with more it is cut, because each header costs as much as a short event
WHOLE_BYTES = 256 * 1024  # by weight: adjacent records of one key are judged together up to it
# Bytes of memory, and about as many instructions: a name of one letter costs as much as a short text.
_HEADER = 32


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of a partition's log."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms, from its producer or its broker; any number
    key: bytes | None
    value: bytes | None
    headers: Headers
    size: int  # bytes of key, value, names and values of headers
    cut: bool = False  # too large or too many headers: key, value and headers are left out

    @property
    def weight(self) -> int:
        """The cost of processing the record, in bytes of a value."""
        return self.size + _HEADER * len(self.headers)


def size_of(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """Bytes of a record: key, value, names and values of headers."""
    size = (len(key) if key else 0) + (len(value) if value else 0)
    for name, said in headers:
        size += (len(name) if name.isascii() else len(name.encode())) + len(said or b"")
    return size
