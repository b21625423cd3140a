"""The decisions that a person can make about a refused partition: skip, reset, forget; see repair."""

from collections.abc import Callable, Collection

from service.errors import RefusalError
from service.kafka.codec.record import Record
from service.kafka.codec.unreadable import named
from service.kafka.exactly_once.repair import Decision, PartitionContents
from service.sla import state
from service.sla.desks.desk import Desk
from service.sla.state import Ticket, UnknownStateVersionError, UnreadableStateError

Read = Callable[[bytes], Ticket | Desk]  # the content of a state; raises UnreadableStateError

SHOWN = 5  # given-up states that the decision lists


def skip(found: PartitionContents, to: int | None) -> Decision:
    """Continue at offset `to`, or where the log begins now: the records before it are never judged.

    Raises RefusalError.
    """
    name, begins, (begin, end) = found.place.input, found.next_offset, found.log
    if begins > end:
        raise RefusalError(
            f"{name}: offset {begins} is next, but the log ends at {end}: nothing can be skipped; "
            f"if the topic was created anew: sla-timer partition reset {name}"
        )
    if to is not None and not begin <= to <= end:
        raise RefusalError(f"{name}: --to {to}: the log has offsets {begin} to {end}")
    at = begin if to is None else to
    if at <= begins:
        raise RefusalError(
            f"{name}: offset {begins} is next, and the log begins at {begin}: nothing is skipped"
        )
    lost = min(at, begin) - begins
    gone = f" ({lost} of them are gone from the log)" if lost > 0 else ""
    return Decision(
        f"{name}: goes on at offset {at}; "
        f"up to {at - begins} records, offsets {begins} to {at - 1}, are never judged{gone}",
        offset=at,
    )


def reset(found: PartitionContents) -> Decision:
    """Keep all state and read the input from its beginning.

    Every state is written again as if it reflected nothing of the input, because its offsets belong to the
    log that was there before. Facts have identities, so facts that are read again change nothing. A ticket
    that was forgotten, but is still in the log, is judged again under the same breach ids. Unreadable state
    is left as it is.
    """
    changes: list[tuple[bytes, bytes | None]] = []
    for key, record in found.held.records.items():
        try:
            changes.append((key or b"", state.unread(record.value or b"")))
        except UnreadableStateError:
            continue
    name, (begin, end) = found.place.input, found.log
    return Decision(
        f"{name}: keeps what {found.place.state} holds ({len(changes)}) and reads {found.place.source.topic} "
        f"again from offset {begin} to {end}; offset {found.next_offset} would have been next",
        changes,
        begin,
    )


def forget(
    found: PartitionContents, offsets: Collection[int], key: bytes | None, read: Read, *, unreadable: bool
) -> Decision:
    """Give up the state at these offsets of the changelog, or under a key, or all `unreadable` state.

    Its ticket begins anew with the next event; its announcements are not retracted. Raises RefusalError.
    """
    held, name = found.held, found.place.state
    by_offset = {record.offset: record for record in held.records.values()}
    for offset in offsets:
        if offset not in by_offset:
            raise RefusalError(f"{name}: offset {offset} holds no state, or a later record has its key")
    if key is not None and key not in held.records and not held.too_large:
        raise RefusalError(f"{name}: holds nothing under {named(key)}")
    chosen = {record.key: _what(record, read) for record in map(by_offset.__getitem__, offsets)}
    if key is not None:
        chosen[key] = _what(held.records[key], read) if key in held.records else "nothing that can be read"
    if unreadable:
        chosen |= {r.key: _what(r, read) for r in held.records.values() if _is_none_of_ours(r, read)}
    if not chosen:
        raise RefusalError(f"{name}: everything in it is state of ours")
    if None in chosen:
        raise RefusalError(f"{name}: a record without a key is only taken away by compaction: {chosen[None]}")
    said = [f"{named(key)}: {what}" for key, what in chosen.items()]
    more = f"; and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    return Decision(
        f"{name}: gives up {'; '.join(said[:SHOWN])}{more}",
        [(key, None) for key in chosen if key is not None],
    )


def _what(record: Record, read: Read) -> str:
    try:
        announced = len(_content(record, read).announced)
    except UnreadableStateError as error:
        return f"offset {record.offset}, {error}"
    readable = f"offset {record.offset}, {record.size} bytes that can be read"
    return f"{readable}; {announced} verdicts were announced of it"


def _is_none_of_ours(record: Record, read: Read) -> bool:
    """True when a record is no state of ours. State of an unknown version is ours, so False."""
    try:
        _content(record, read)
    except UnknownStateVersionError:
        return False
    except UnreadableStateError:
        return True
    return False


def _content(record: Record, read: Read) -> Ticket | Desk:
    value = record.value or b""
    try:
        (record.key or b"").decode()
    except UnicodeDecodeError:
        raise UnreadableStateError("its key is not UTF-8") from None
    state.header(value)
    return read(value)
