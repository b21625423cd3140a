"""Reads records whose header names are not UTF-8 as the Java client does: U+FFFD for each undecodable byte.

Kafka defines header names as strings, but no broker checks them. The library raises on such a record, and its
consumer never gets past it. Like transactional_producer.py, this file works with one version of the library.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.record.default_records import _DefaultRecordBatchPy


def read_leniently(batch: Any, held: memoryview) -> Iterator[Any]:
    """The records of a batch.

    From the first header name on that is not UTF-8, records are decoded by the lenient reader.
    """
    done = 0
    try:
        for record in batch:
            yield record
            done += 1
    except UnicodeDecodeError:
        yield from islice(_LenientBatch(held), done, None)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _read_msg(self) -> Any:
        if not isinstance(self._buffer, _Lenient):
            self._buffer = _Lenient(self._buffer)
        return super()._read_msg()


class _Lenient(bytearray):
    """Bytes that decode without errors; so do their slices."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Lenient(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """Decode with U+FFFD for undecodable bytes, whatever `errors` the caller passes."""
        del errors
        return super().decode(encoding, "replace")
