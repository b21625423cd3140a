"""Reads the records of one batch in runs of at most 20 KB, whatever its producer wrote.

A batch is unpacked in pieces. Its records are found in the pieces by their lengths alone; adjacent short ones
become objects together. A run has no more than MOST_HEADERS headers, as one record has.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import lz4.frame
import zstandard
from aiokafka.codec import snappy_decode
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch

from service.kafka.client.lenient_headers import read_leniently
from service.kafka.client.light_records import Cut
from service.kafka.codec.record import MOST_HEADERS

PIECE_BYTES = 512 * 1024  # unpacked at once
LARGEST_BYTES = 16 * 2**20  # the largest record that is kept; none of our topics takes a larger one
_CUT_AT_ONCE = 32  # pieces of a cut record that are skipped before the event loop gets a turn

_HEAD = struct.calcsize(">qiibIhiqqqhii")  # bytes before the records of a batch
_ATTRIBUTES = struct.calcsize(">qiibI")  # offset of the attributes in the head
_COUNT = _HEAD - struct.calcsize(">i")  # offset of the record count in the head
_PACKING = 0x07  # the bits of the attributes that name the compression
_NO_MANY = 2 * MOST_HEADERS  # a record of so few bytes has no more than MOST_HEADERS headers
_LONGEST = 32  # bytes; the fields before the key of a record are never longer


def runs(held: memoryview) -> Iterator[list[Any]]:
    """The records of a batch in runs. An empty one: give the event loop a turn.

    `held`: the batch as the log holds it. Raises CorruptRecordException.
    """
    (attributes,) = struct.unpack_from(">h", held, _ATTRIBUTES)
    packing, content = attributes & _PACKING, held[_HEAD:]
    if not packing and len(content) <= _NO_MANY:
        return iter([read_leniently(held)])
    head = bytearray(held[:_HEAD])
    struct.pack_into(">h", head, _ATTRIBUTES, attributes & ~_PACKING)
    return _Pieces(head, _unpacking(packing, content)).runs()


def _unpacking(packing: int, content: memoryview) -> BinaryIO:
    stream: Any
    match packing:
        case 0:
            stream = io.BytesIO(content)
        case 1:
            stream = gzip.GzipFile(fileobj=io.BytesIO(content))
        case 2:  # snappy: the content is at most twenty times as large
            stream = io.BytesIO(snappy_decode(content.tobytes()))
        case 3:
            stream = lz4.frame.LZ4FrameFile(io.BytesIO(content))
        case 4:
            stream = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True)
        case _:
            raise CorruptRecordException(f"Unknown compression codec {packing}")
    return stream  # type: ignore[no-any-return]


class _Pieces:
    """The records of a batch, read from a stream of bytes."""

    def __init__(self, head: bytearray, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream
        self._read = b""  # read from the stream, not yet split into records

    def runs(self) -> Iterator[list[Any]]:
        """See `runs`."""
        while self._more():
            at = 0
            while (found := self._next(at)) is not None:
                end, many = _short(self._read, at)
                if many:
                    yield self._whole(at, end, many)
                    at = end
                    continue
                content, length = found
                end = content + length
                if length <= LARGEST_BYTES and end > len(self._read):
                    break
                if length <= LARGEST_BYTES and (length <= _NO_MANY or self._headers(content) <= MOST_HEADERS):
                    yield self._whole(at, end, 1)
                    at = end
                    continue
                yield [self._cut(content, length)]
                yield from self._pass_over(end)
                at = 0
            self._read = self._read[at:]
        if self._read:
            raise CorruptRecordException(f"{len(self._read)} bytes after the last whole record of a batch")

    def _more(self) -> bool:
        try:
            piece = self._stream.read(PIECE_BYTES)
        except (OSError, EOFError, RuntimeError, zlib.error, zstandard.ZstdError) as error:
            raise CorruptRecordException(f"a batch cannot be unpacked: {error}") from error
        self._read += piece
        return bool(piece)

    def _next(self, at: int) -> tuple[int, int] | None:
        """Position and length of the content of the record at `at`; None when too little of it was read."""
        try:
            length, content = _number(self._read, at)
        except IndexError:
            return None
        if length < 0:
            raise CorruptRecordException("a record has a negative length")
        return content, length

    def _headers(self, content: int) -> int:
        """The number of headers of a whole record."""
        *_, at = self._place(content)
        for _ in ("key", "value"):
            length, at = _number(self._read, at)
            at += max(length, 0)
        return int(_number(self._read, at)[0])

    def _place(self, content: int) -> tuple[int, int, int]:
        """Time and offset of a record, relative to its batch, and the position of its key."""
        time, at = _number(self._read, content + 1)
        offset, at = _number(self._read, at)
        return time, offset, at

    def _whole(self, begin: int, end: int, many: int) -> list[Any]:
        struct.pack_into(">i", self._head, _COUNT, many)
        return read_leniently(memoryview(bytes(self._head) + self._read[begin:end]))

    def _cut(self, content: int, length: int) -> Cut:
        while len(self._read) < content + _LONGEST and self._more():
            pass
        batch = DefaultRecordBatch(bytes(self._head))
        time, offset, _ = self._place(content)
        at = batch.max_timestamp if batch.timestamp_type else batch.first_timestamp + time
        return Cut(batch.base_offset + offset, at, length)

    def _pass_over(self, until: int) -> Iterator[list[Any]]:
        pieces = 0
        while len(self._read) < until:
            until, self._read = until - len(self._read), b""
            if not self._more():
                raise CorruptRecordException(f"{until} bytes of a record are missing")
            pieces += 1
            if pieces % _CUT_AT_ONCE == 0:
                yield []
        self._read = self._read[until:]


def _short(read: bytes, at: int) -> tuple[int, int]:
    """Pass over adjacent short records from `at` on: their end and number. Written for speed.

    They are whole, the length of each takes one or two bytes, and together they have no more than _NO_MANY.
    """
    end, many = min(len(read), at + _NO_MANY), 0
    while at + 1 < end:
        length, content = read[at], at + 1
        if length >= 0x80:
            more = read[content]
            if more >= 0x80:
                break
            length, content = (length & 0x7F) | more << 7, content + 1
        after = content + (length >> 1)
        if length & 1 or after > end:  # a negative length is an error that _next raises
            break
        at, many = after, many + 1
    return at, many


def _number(read: bytes, at: int) -> tuple[int, int]:
    """Decode a varint of a record. Gives the number and the position after it.

    Raises IndexError when too little was read. The library's decoder is quicker, but does not check where
    the bytes end.
    """
    number = shift = 0
    while True:
        byte = read[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
        shift += 7
