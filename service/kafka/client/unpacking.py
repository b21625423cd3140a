"""Unpacks fetched batches in bounded pieces, whatever their producer wrote.

The library unpacks a whole batch at once. It makes an object of every record and header without yielding to
the event loop. But 20 KB may unpack to 250 MB, and a record may have half a million headers: brokers accept
both. So this file changes five things:

* A batch is unpacked in pieces. Its records are found in the pieces by their lengths alone, and become
  objects in runs of at most 20 KB.
* A record that is too large, or has too many headers, does not become an object. It is *cut*: only its place
  and its size are read.
* One call returns a bounded amount of work, measured by cost and not only by the number of records. The same
  bound holds for what is skipped: aborted batches, markers, records before the position.
* A call does not end between two records of a batch that have the same key. Whoever writes all events of a
  ticket into one batch has them given, and judged, together. See service/kafka/topics/whole_tickets.py.
* A header name that is not UTF-8 is read as the Java client reads it: see lenient_headers.py.

`_Records`, `_Unpacked` and `_getall` replace classes and a method of the library. Apart from the changes
above they do the same. Like transactional_producer.py, this file works with one version of the library only.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, BinaryIO

import lz4.frame
import zstandard
from aiokafka.codec import snappy_decode
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import _MemoryRecordsPy

from service.kafka.client.lenient_headers import read_leniently
from service.kafka.client.light_records import Cut, light_record
from service.kafka.codec.record import MOST_HEADERS, Record

PIECE_BYTES = 512 * 1024  # unpacked at once
LARGEST_BYTES = 16 * 2**20  # the largest record that is kept; none of our topics takes a larger one
AT_ONCE = 512 * 1024  # the weight of the records that one call returns, see Record.weight
MOST_AT_ONCE = 2 * AT_ONCE  # that weight if the last of them have the same key
EFFORT = 5_000  # records that are skipped before the event loop gets a turn
_BATCH = 10  # unpacking a batch costs as much as this many records
_CUT_AT_ONCE = 32  # pieces of a cut record that are skipped before the event loop gets a turn

_HEAD = struct.calcsize(">qiibIhiqqqhii")  # bytes before the records of a batch
_ATTRIBUTES = struct.calcsize(">qiibI")  # offset of the attributes in the head
_COUNT = _HEAD - struct.calcsize(">i")  # offset of the record count in the head
_PACKING = 0x07  # the bits of the attributes that name the compression
_NO_MANY = 2 * MOST_HEADERS  # a record of so few bytes has no more than MOST_HEADERS headers
_LONGEST = 32  # bytes; the fields before the key of a record are never longer

_BREATHE = None  # yielded instead of a run: give the event loop a turn


def read_in_pieces() -> None:
    """Make every consumer of this process unpack batches in pieces."""
    fetcher.MemoryRecords = _Records
    fetcher.PartitionRecords = _Unpacked
    fetcher.FetchResult.getall = _getall
    fetcher.FetchResult.getone = _getone


def _getall(given: Any, max_records: int | None = None) -> list[Record]:
    """Give up to `max_records`, and from half of them on no more than the rest of one key."""
    if not given.check_assignment(given._topic_partition) or not given.has_more():
        return []
    unpacked = given._partition_records
    found: list[Record] = unpacked.give(inf if max_records is None else max_records)
    given._update_position()
    if unpacked.is_over:
        given._partition_records = None
    return found


def _getone(given: Any) -> Record | None:
    return next(iter(_getall(given, 1)), None)


class _Unpacked(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    """The records of a fetch, unpacked in runs: some adjacent records of a batch."""

    def __init__(self, *fetched: Any) -> None:
        super().__init__(*fetched)
        self.is_over = False
        self._run: Sequence[Record] = ()
        self._at = 0  # those before it are given
        self._goes_on = False  # the next run begins with the key of the last record of this one

    def give(self, most: float) -> list[Record]:
        """The next records; see _getall. None after much skipped work."""
        found: list[Record] = []
        weight = 0
        while self._at < len(self._run) or self._advance():
            for at in range(self._at, len(self._run)):
                record = self._run[at]
                found.append(record)
                weight += record.weight
                if (weight >= AT_ONCE or 2 * len(found) >= most) and (
                    weight >= MOST_AT_ONCE or len(found) == most or not self._is_amid_key(at)
                ):
                    self._give_until(at + 1)
                    return found
            self._give_until(len(self._run))
        return found

    def _give_until(self, at: int) -> None:
        self._at = at
        self.next_fetch_offset = self._run[at - 1].offset + 1

    def _is_amid_key(self, at: int) -> bool:
        key, following = self._run[at].key, at + 1
        if following < len(self._run):
            return key is not None and self._run[following].key == key
        return self._goes_on

    def _advance(self) -> bool:
        """Unpack the next run. False at the end, and after much skipped work."""
        self._run, self._at = (), 0
        for run in self._records_iterator:
            if run is not _BREATHE:
                self._run, self._goes_on = run
            return run is not _BREATHE
        self.is_over = True
        return False

    def _unpack_records(self) -> Iterator[tuple[list[Record], bool] | None]:
        """Runs, and whether the next one goes on with the same key. Raises CorruptRecordException."""
        effort = 0
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            effort += _BATCH
            begin = self.next_fetch_offset
            waiting: list[Record] = []  # a run that is given once it is known whether the next one goes on
            for read in batch.runs() if self._counts(batch) else ():
                run = [light_record(self._tp, record) for record in read if record.offset >= begin]
                if waiting:
                    yield waiting, bool(run) and waiting[-1].key == run[0].key is not None
                waiting = run
                effort = 0 if run else effort + len(read)
                if not read or effort >= EFFORT:
                    effort = 0
                    yield _BREATHE
            if waiting:
                yield waiting, False
            # The next batch may begin later: compaction may have removed records from the end of this one.
            self.next_fetch_offset = batch.next_offset
            if effort >= EFFORT:
                effort = 0
                yield _BREATHE

    def _counts(self, batch: Any) -> bool:
        """True when the records of a batch are returned: no marker, and not aborted under read_committed."""
        if self._isolation_level == fetcher.READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            aborted = self._aborted_producers
            if batch.is_control_batch and self._contains_abort_marker(batch):
                aborted.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in aborted:
                return False
        return not batch.is_control_batch


class _Records(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches of one fetch."""

    def next_batch(self) -> Any:
        """See the library's."""
        held = self._next_slice
        return _Batch(super().next_batch(), held)


class _Batch:
    """The library's compiled batch, with its records unpacked here."""

    def __init__(self, batch: Any, held: memoryview) -> None:
        self._batch = batch
        self._held = held

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def runs(self) -> Iterator[list[Any]]:
        """The records in runs. An empty one: give the event loop a turn. Raises CorruptRecordException."""
        if not isinstance(self._batch, DefaultRecordBatch):  # of a broker before 0.11
            return iter([list(self._batch)])
        (attributes,) = struct.unpack_from(">h", self._held, _ATTRIBUTES)
        packing, content = attributes & _PACKING, self._held[_HEAD:]
        if not packing and len(content) <= _NO_MANY:
            return iter([read_leniently(self._held)])
        head = bytearray(self._held[:_HEAD])
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
        """See _Batch.runs. A run has no more than MOST_HEADERS headers, as one record has."""
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
