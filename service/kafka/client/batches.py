"""What a fetch brought, unpacked a little at a time, whatever its producer put there.

The library unpacks a batch whole and makes an object of every record and header in it, without a turn for
anybody else. But 20 KB may unpack to 250 MB, and a record may have half a million headers: brokers accept
both. So here

* a batch is unpacked in pieces, and its records are found in them by their lengths alone;
* a record that is larger than anybody keeps, or has more headers than that, is not made an object of: it is
  *cut*, and only its place and its size are told;
* what a consumer gives at once is bounded by what it costs, not only by how many records it is, and so is
  what is passed over: batches that were aborted, markers, records before the position;
* header names that are not UTF-8 are read as the Java client reads them, with U+FFFD for what cannot be
  read. Kafka says that they are strings, and no broker looks. The library raises, and never gets past them.

`_getall` and `_unpacked` stand in for the library's methods of these names, and do as they do but for that.
Like transactional_producer.py this file knows one version of the library only.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import lz4.frame
import zstandard
from aiokafka.codec import snappy_decode
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

from service.kafka.client.light_records import Cut
from service.kafka.codec.record import MOST_HEADERS, Record

PIECE_BYTES = 512 * 1024  # that are unpacked at once
LARGEST_BYTES = 16 * 2**20  # of a record that are kept: as large as any topic of ours takes them
AT_ONCE = 512 * 1024  # what records that are given at once may weigh, see Record.weight
EFFORT = 5_000  # records that are passed over at once
_BATCH = 10  # records that are as much work as a batch
_CUT_AT_ONCE = 32  # pieces of a record that nobody reads

_HEAD = struct.calcsize(">qiibIhiqqqhii")  # bytes before the records of a batch
_ATTRIBUTES = struct.calcsize(">qiibI")  # where in them it says how it is packed
_COUNT = _HEAD - struct.calcsize(">i")  # and how many records there are
_PACKING = 0x07  # of the attributes
_NO_MANY = 2 * MOST_HEADERS  # bytes that have no room for that many headers
_LONGEST = 32  # bytes before the key of a record, or more

_BREATHE = None  # instead of a record: look again later


def read_in_pieces() -> None:
    """Make every consumer of this process read so."""
    fetcher.MemoryRecords = _Records
    fetcher.PartitionRecords._unpack_records = _unpacked
    fetcher.FetchResult.getall = _getall


def _getall(given: Any, max_records: int | None = None) -> list[Record]:
    if not given.check_assignment(given._topic_partition) or not given.has_more():
        return []
    found: list[Record] = []
    weight = 0
    for record in given._partition_records:
        if record is not _BREATHE:
            found.append(record)
            weight += record.weight
        if record is _BREATHE or weight >= AT_ONCE or len(found) == max_records:
            given._update_position()
            break
    else:
        given._update_position()
        given._partition_records = None
    return found


def _unpacked(given: Any) -> Iterator[Record | None]:
    """Raises CorruptRecordException."""
    effort = 0
    while given._records.has_next():
        batch = given._records.next_batch()
        if given._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {given._tp}")
        effort += _BATCH
        for record in batch if _counts(given, batch) else ():
            if record is not _BREATHE and record.offset >= given.next_fetch_offset:
                given.next_fetch_offset = record.offset + 1
                effort = 0
                yield given._consumer_record(given._tp, record)
                continue
            effort += 1
            if record is _BREATHE or effort >= EFFORT:
                effort = 0
                yield _BREATHE
        # Also past what compaction took from its end.
        given.next_fetch_offset = batch.next_offset
        if effort >= EFFORT:
            effort = 0
            yield _BREATHE


def _counts(given: Any, batch: Any) -> bool:
    """False for what was aborted, where nobody may see it, and for markers."""
    if given._isolation_level == fetcher.READ_COMMITTED and batch.producer_id is not None:
        given._consume_aborted_up_to(batch.base_offset)
        aborted = given._aborted_producers
        if batch.is_control_batch and given._contains_abort_marker(batch):
            aborted.discard(batch.producer_id)
        if batch.is_transactional and batch.producer_id in aborted:
            return False
    return not batch.is_control_batch


class _Records(_MemoryRecordsPy):  # type: ignore[misc] # aiokafka has no types
    """What a fetch brought, batch by batch."""

    def next_batch(self) -> Any:
        """See the library's."""
        held = self._next_slice
        batch = super().next_batch()
        return _Batch(batch, held) if isinstance(batch, DefaultRecordBatch) else batch


class _Batch:
    """The library's compiled batch, but for its records."""

    def __init__(self, batch: Any, held: memoryview) -> None:
        self._batch = batch
        self._held = held

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        (attributes,) = struct.unpack_from(">h", self._held, _ATTRIBUTES)
        packing, content = attributes & _PACKING, self._held[_HEAD:]
        if not packing and len(content) <= _NO_MANY:
            return _leniently(self._batch, self._held)
        head = bytearray(self._held[:_HEAD])
        struct.pack_into(">h", head, _ATTRIBUTES, attributes & ~_PACKING)
        return _Pieces(head, _unpacking(packing, content)).records()


def _unpacking(packing: int, content: memoryview) -> BinaryIO:
    stream: Any
    match packing:
        case 0:
            stream = io.BytesIO(content)
        case 1:
            stream = gzip.GzipFile(fileobj=io.BytesIO(content))
        case 2:  # gets no more than twenty times as large
            stream = io.BytesIO(snappy_decode(content.tobytes()))
        case 3:
            stream = lz4.frame.LZ4FrameFile(io.BytesIO(content))
        case 4:
            stream = zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True)
        case _:
            raise CorruptRecordException(f"Unknown compression codec {packing}")
    return stream  # type: ignore[no-any-return]


class _Pieces:
    """The records of a batch that comes as a stream of bytes."""

    def __init__(self, head: bytearray, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream
        self._read = b""  # in which whole records were not looked for yet

    def records(self) -> Iterator[Any]:
        """Raises CorruptRecordException."""
        while self._more():
            begin = at = many = 0  # of whole records side by side
            while (found := self._next(at)) is not None:
                content, length = found
                if length <= LARGEST_BYTES and content + length > len(self._read):
                    break
                if length <= LARGEST_BYTES and (length <= _NO_MANY or self._headers(content) <= MOST_HEADERS):
                    at, many = content + length, many + 1
                    continue
                yield from self._whole(begin, at, many)
                yield self._cut(content, length)
                yield from self._pass_over(content + length)
                begin = at = many = 0
            yield from self._whole(begin, at, many)
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
        """Where the content of the record at `at` begins and how long it is; None when too little is read."""
        try:
            length, content = _number(self._read, at)
        except IndexError:
            return None
        if length < 0:
            raise CorruptRecordException("a record of less than nothing")
        return content, length

    def _headers(self, content: int) -> int:
        """How many headers a whole record has."""
        *_, at = self._place(content)
        for _ in ("key", "value"):
            length, at = _number(self._read, at)
            at += max(length, 0)
        return int(_number(self._read, at)[0])

    def _place(self, content: int) -> tuple[int, int, int]:
        """Time and offset of a record, from those of its batch on; and where its key begins."""
        time, at = _number(self._read, content + 1)
        offset, at = _number(self._read, at)
        return time, offset, at

    def _whole(self, begin: int, end: int, many: int) -> Iterator[Any]:
        if not many:
            return iter(())
        struct.pack_into(">i", self._head, _COUNT, many)
        held = memoryview(bytes(self._head) + self._read[begin:end])
        return _leniently(DefaultRecordBatch(held), held)

    def _cut(self, content: int, length: int) -> Cut:
        while len(self._read) < content + _LONGEST and self._more():
            pass
        batch = DefaultRecordBatch(bytes(self._head))
        time, offset, _ = self._place(content)
        at = batch.max_timestamp if batch.timestamp_type else batch.first_timestamp + time
        return Cut(batch.base_offset + offset, at, length)

    def _pass_over(self, until: int) -> Iterator[None]:
        pieces = 0
        while len(self._read) < until:
            until, self._read = until - len(self._read), b""
            if not self._more():
                raise CorruptRecordException(f"{until} bytes of a record are missing")
            pieces += 1
            if pieces % _CUT_AT_ONCE == 0:
                yield _BREATHE
        self._read = self._read[until:]


def _number(read: bytes, at: int) -> tuple[int, int]:
    """A number as records hold them, and where it ends. Raises IndexError when too little is read.

    That of the library is quicker, and does not look where the bytes end.
    """
    number = shift = 0
    while True:
        byte = read[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at
        shift += 7


def _leniently(batch: Any, held: memoryview) -> Iterator[Any]:
    """The records of a batch; from one on that the library cannot read, read with less rigour."""
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
    """Bytes whose parts decode whatever they are."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Lenient(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """With U+FFFD for what cannot be, whatever the caller asks for."""
        del errors
        return super().decode(encoding, "replace")
