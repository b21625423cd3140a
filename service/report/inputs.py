"""What a report was made from, so that anybody can tell whether two reports saw the same."""

import hashlib
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from service.sla.facts import Fact
from service.sla.history import identity

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_encode = msgspec.json.Encoder(order="deterministic").encode


class FactsHash:
    """One hash over all tickets' facts: the same facts, in whatever order, from a file or from the log."""

    def __init__(self) -> None:
        self._tickets: list[bytes] = []

    def add(self, key: str, facts: Iterable[Fact]) -> None:
        """One ticket. `facts` has one entry per identity."""
        said = [
            (fact.source, fact.id, fact.time, fact.kind, fact.data) for fact in sorted(facts, key=identity)
        ]
        self._tickets.append(hashlib.sha256(_encode((key, said))).digest())

    def hexdigest(self) -> str:
        """SHA-256 over the tickets so far."""
        return hashlib.sha256(b"".join(sorted(self._tickets))).hexdigest()


class Hashed:
    """Hashes what is read of the stream that it is put on."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def __call__(self, stream: BinaryIO) -> BinaryIO:
        """The same stream."""
        return io.BufferedReader(_Tap(stream, self._hash))

    def hexdigest(self) -> str:
        """SHA-256 of all that was read."""
        return self._hash.hexdigest()


class _Tap(io.RawIOBase):
    def __init__(self, stream: BinaryIO, digest: "hashlib._Hash") -> None:
        self._stream = stream
        self._hash = digest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        part = self._stream.read(len(view))
        view[: len(part)] = part
        self._hash.update(part)
        return len(part)
