"""Reads records whose header names are not UTF-8 as the Java client does: U+FFFD for each undecodable byte.

Kafka defines header names as strings, but no broker checks them. The library raises on such a record, and its
consumer never gets past it. Like transactional_producer.py, this file works with one version of the library.
"""

from typing import Any

from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy


def read_leniently(held: memoryview) -> list[Any]:
    """The records of a batch. Raises CorruptRecordException."""
    try:
        return list(DefaultRecordBatch(held))
    except UnicodeDecodeError:
        return list(_LenientBatch(held))


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
