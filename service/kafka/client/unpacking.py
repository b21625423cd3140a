"""Unpacks fetched batches in bounded pieces, whatever their producer wrote.

The library unpacks a whole batch at once. It makes an object of every record and header without yielding to
the event loop. But 20 KB may unpack to 250 MB, and a record may have half a million headers: brokers accept
both. So this file changes five things:

* A batch is unpacked in pieces, and its records become objects in short runs: see record_runs.py.
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

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import _MemoryRecordsPy

from service.kafka.client.light_records import light_record
from service.kafka.client.record_runs import runs
from service.kafka.codec.record import Record

AT_ONCE = 512 * 1024  # the weight of the records that one call returns, see Record.weight
MOST_AT_ONCE = 2 * AT_ONCE  # that weight if the last of them have the same key
EFFORT = 5_000  # records that are skipped before the event loop gets a turn
_BATCH = 10  # unpacking a batch costs as much as this many records

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
        """See `runs`."""
        if not isinstance(self._batch, DefaultRecordBatch):  # of a broker before 0.11
            return iter([list(self._batch)])
        return runs(self._held)
