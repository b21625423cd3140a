"""What only a person can decide of a partition: to go on without records, to read again, to give state up.

It is done in the owner's place. Whoever owns the partition is fenced, so nobody else writes to its changelog;
what was decided is committed by the partition's own transactional id; and the owner, who notices at its next
commit or try, begins anew with it.
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
# The owner of a partition that is refused takes it back every few seconds, to see whether it is mended.
TRIES = 4


class PartitionPlace(NamedTuple):
    """A partition of an input and that of its changelog."""

    source: TopicPartition
    changelog: TopicPartition

    @property
    def input(self) -> str:
        """As `/readyz` names it."""
        return f"{self.source.topic}-{self.source.partition}"

    @property
    def state(self) -> str:
        """Likewise, of the changelog."""
        return f"{self.changelog.topic}-{self.changelog.partition}"


def place_of(source: str, changelog: str, number: int) -> PartitionPlace:
    """That of partition `number` of two topics."""
    return PartitionPlace(TopicPartition(source, number), TopicPartition(changelog, number))


class Held:
    """The last record under each key of a changelog, and the input offset that the last of all reflects."""

    def __init__(self) -> None:
        self.records: dict[bytes | None, Record] = {}
        self.reflects = -1
        self.too_large = 0  # records of which nobody knows the key

    def take(self, record: Record) -> None:
        """One record, in log order."""
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
    """What the logs have."""

    place: PartitionPlace
    next_offset: int  # of the input: all before it is judged
    log: OffsetSpan  # of the input
    held: Held
    changelog_end: int


class Decision(NamedTuple):
    """What to write, and what it means in one line."""

    says: str
    changes: Sequence[tuple[bytes, bytes | None]] = ()  # keys and values of changelog records
    offset: int | None = None  # where the input is to be read on; None: where it would be
    at_once: int = AT_ONCE_BYTES  # bytes in one transaction


class TakenBackError(Exception):
    """The owner has fenced us in its turn: what was decided is not committed."""


Decide = Callable[[PartitionContents], Decision]  # raises RefusalError


async def repair(
    connection: Mapping[str, Any],
    group: str,
    place: PartitionPlace,
    largest: Mapping[str, int],
    decide: Decide,
    agree: Callable[[str], None],
) -> str:
    """Do what `decide` makes of the partition, once `agree` to it did not raise. Gives what was done.

    All of it in one transaction. State of more than 8 MiB takes several, the offset in the last; until that
    is committed the partition stays as it was, and whoever comes again begins again.
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
            f"{place.input}: its owner took it back meanwhile: it is as it was, so try again"
        ) from None
    except TooLargeError as error:
        raise RefusalError(f"{place.input}: nothing was changed: {error}") from None
    except NotCommittedError as error:
        raise RefusalError(
            f"{place.input}: Kafka does not take it: {error}; look again, and try again"
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
        # IllegalOperation: the library has heard that it is fenced before it was asked to do anything
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
    found = await _look(connection, group, place, ends)  # again: until it was fenced the owner went on
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
    """As many records in each as go into one transaction, at least one; at least one piece."""
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
