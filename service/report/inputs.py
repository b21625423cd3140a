"""Hashes of a report's inputs, to check whether two reports used the same facts."""

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
    """One hash over the facts of all tickets. Order and origin (file or log) make no difference."""

    def __init__(self) -> None:
        self._tickets: list[bytes] = []

    def add(self, key: str, facts: Iterable[Fact]) -> None:
        """Add one ticket. `facts` has one entry for each identity."""
        said = [
            (fact.source, fact.id, fact.time, fact.kind, fact.data) for fact in sorted(facts, key=identity)
        ]
        self._tickets.append(hashlib.sha256(_encode((key, said))).digest())

    def hexdigest(self) -> str:
        """Return the SHA-256 over the tickets so far."""
        return hashlib.sha256(b"".join(sorted(self._tickets))).hexdigest()


class Hashed:
    """A wrapper of a stream that hashes what is read."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def __call__(self, stream: BinaryIO) -> BinaryIO:
        """Return a stream with the same content, which is hashed as it is read."""
        return io.BufferedReader(_Tap(stream, self._hash))

    def hexdigest(self) -> str:
        """Return the SHA-256 of all that was read."""
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
