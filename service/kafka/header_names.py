"""Header names that are not UTF-8: read as the Java client reads them, with U+FFFD for what cannot be read.

Kafka says that they are strings, and no broker looks. aiokafka raises instead and never gets past such a
record, so one of them would stop its partition for ever. Like producer.py this file knows one version only.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


def read_any_header_name() -> None:
    """Make every consumer of this process read them."""
    fetcher.MemoryRecords = _Records


class _Records(_MemoryRecordsPy):  # type: ignore[misc] # aiokafka has no types
    """What a fetch brought, batch by batch."""

    def next_batch(self) -> Any:
        """See the library's."""
        held = self._next_slice
        batch = super().next_batch()
        return _Batch(batch, held) if isinstance(batch, DefaultRecordBatch) else batch


class _Batch:
    """The library's compiled batch; from a record on that it cannot read, the same batch read leniently."""

    def __init__(self, batch: Any, held: memoryview) -> None:
        self._batch = batch
        self._held = held

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        done = 0
        try:
            for record in self._batch:
                yield record
                done += 1
        except UnicodeDecodeError:
            yield from islice(_LenientBatch(self._held), done, None)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _read_msg(self) -> Any:
        if not isinstance(self._buffer, _Lenient):
            self._buffer = _Lenient(self._buffer)
        return super()._read_msg()


class _Lenient(bytearray):
    """Bytes whose parts decode whatever they are."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Lenient(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """With U+FFFD for what cannot be, whatever the caller asks for."""
        del errors
        return super().decode(encoding, "replace")
