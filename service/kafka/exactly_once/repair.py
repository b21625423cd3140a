"""Carries out a person's decision on a partition: skip records, read the input again, or give state up.

The repair acts in the owner's place. It fences the partition's owner, so that no other process writes to the
changelog. It commits the decision under the partition's own transactional id. The owner notices at its next
commit or try, and begins anew with the decision.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError

from service.errors import RefusalError
from service.kafka.client.groupless_consumer import OffsetSpan, spans
from service.kafka.client.patience import unreachable
from service.kafka.codec.record import Record
from service.kafka.exactly_once.restore import RestoreProgress, next_offset, replay
from service.kafka.exactly_once.transaction import (
    FencedError,
    NotCommittedError,
    Outgoing,
    TooLargeError,
    Transactions,
)
from service.kafka.topics.members import offset_of
from service.kafka.topics.scan import spans_of
from service.sla import state
from service.sla.state import UnreadableStateError

AT_ONCE_BYTES = 8 * 2**20  # in one transaction
# The owner of a refused partition fences the repair every few seconds, to try the partition again.
TRIES = 4


class PartitionPlace(NamedTuple):
    """A partition of an input and that of its changelog."""

    source: TopicPartition
    changelog: TopicPartition

    @property
    def input(self) -> str:
        """The input partition, as `/readyz` names it."""
        return f"{self.source.topic}-{self.source.partition}"

    @property
    def state(self) -> str:
        """The changelog partition, in the same form."""
        return f"{self.changelog.topic}-{self.changelog.partition}"


def place_of(source: str, changelog: str, number: int) -> PartitionPlace:
    """The place of partition `number` of an input and its changelog."""
    return PartitionPlace(TopicPartition(source, number), TopicPartition(changelog, number))


class Held:
    """The last record of each key of a changelog, and the input offset that the latest record reflects."""

    def __init__(self) -> None:
        self.records: dict[bytes | None, Record] = {}
        self.reflects = -1
        self.too_large = 0  # records too large to read, so that their key is unknown

    def take(self, record: Record) -> None:
        """Take one record, in log order."""
        value = record.value
        self.too_large += record.cut
        if record.cut:
            return
        if value is None:
            self.records.pop(record.key, None)
            return
        self.records[record.key] = record
        with suppress(UnreadableStateError):
            self.reflects = state.header(value).reflects


class PartitionContents(NamedTuple):
    """The input log and the changelog of one partition."""

    place: PartitionPlace
    next_offset: int  # of the input: all records before it are judged
    log: OffsetSpan  # of the input
    held: Held
    changelog_end: int


class Decision(NamedTuple):
    """The records and the offset to write, and one line that says what they mean."""

    says: str
    changes: Sequence[tuple[bytes, bytes | None]] = ()  # keys and values of changelog records
    offset: int | None = None  # the next input offset; None: unchanged
    at_once: int = AT_ONCE_BYTES  # bytes in one transaction


class TakenBackError(Exception):
    """The owner has fenced this repair: the decision is not committed."""


Decide = Callable[[PartitionContents], Decision]  # raises RefusalError


async def repair(
    connection: Mapping[str, Any],
    group: str,
    place: PartitionPlace,
    largest: Mapping[str, int],
    decide: Decide,
    agree: Callable[[str], None],
) -> str:
    """Carry out the decision of `decide`, unless `agree` raises. Returns the line that says what was done.

    The decision is one transaction. State of more than 8 MiB takes several, with the offset in the last one.
    Until that one commits, the partition continues as it was, and a new repair begins from the start.
    `largest`: bytes of a record, by topic. Raises RefusalError.
    """
    try:
        ends = (await spans_of(connection, place.changelog.topic))[place.changelog.partition]
        agree(decide(await _look(connection, group, place, ends)).says)
        for _ in range(TRIES - 1):
            with suppress(TakenBackError):
                return await _act(connection, group, place, largest, decide)
        return await _act(connection, group, place, largest, decide)
    except TakenBackError:
        raise RefusalError(
            f"{place.input}: its owner took it back: nothing was changed, so try again"
        ) from None
    except TooLargeError as error:
        raise RefusalError(f"{place.input}: nothing was changed: {error}") from None
    except NotCommittedError as error:
        raise RefusalError(
            f"{place.input}: Kafka does not commit the repair: {error}; check the partition, and try again"
        ) from None
    except (KafkaError, OSError) as error:
        raise unreachable(connection, error) from None


async def _act(
    connection: Mapping[str, Any],
    group: str,
    place: PartitionPlace,
    largest: Mapping[str, int],
    decide: Decide,
) -> str:
    transactions = await Transactions.open(connection, place.source, place.changelog, group, largest)
    try:
        return await _write(connection, group, place, decide, transactions)
    except NotCommittedError as error:
        # IllegalOperation: the library learned that it is fenced before the transaction began.
        if isinstance(error, FencedError) or isinstance(error.__cause__, IllegalOperation):
            raise TakenBackError from error
        raise
    finally:
        await transactions.discard()


async def _write(
    connection: Mapping[str, Any],
    group: str,
    place: PartitionPlace,
    decide: Decide,
    transactions: Transactions,
) -> str:
    ends = (await spans(connection, place.changelog))[place.changelog]
    found = await _look(connection, group, place, ends)  # again: the owner went on until it was fenced
    decision = decide(found)
    transactions.changelog_end = found.changelog_end
    outgoing = [Outgoing(place.changelog, key, value) for key, value in decision.changes]
    *pieces, last = _pieces(outgoing, decision.at_once)
    for piece in pieces:
        await transactions.commit(piece, {})
    offsets = {} if decision.offset is None else {place.source: decision.offset}
    await transactions.commit(last, offsets)
    return decision.says


def _pieces(outgoing: Iterable[Outgoing], at_once: int) -> list[list[Outgoing]]:
    """Split records into transactions of up to `at_once` bytes, or of one record; at least one piece."""
    pieces: list[list[Outgoing]] = [[]]
    size = 0
    for one in outgoing:
        size += one.size
        if size > at_once and pieces[-1]:
            pieces.append([])
            size = one.size
        pieces[-1].append(one)
    return pieces


async def _look(
    connection: Mapping[str, Any], group: str, place: PartitionPlace, changelog: OffsetSpan
) -> PartitionContents:
    source, held = place.source, Held()
    committed = await offset_of(connection, group, source)
    log = (await spans(connection, source))[source]
    end = await replay(connection, place.changelog, changelog, held.take, RestoreProgress())
    return PartitionContents(place, next_offset(committed, held.reflects, log), log, held, end)
