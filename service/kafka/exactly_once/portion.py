"""Bounds how many records are judged in one step, so that heavy records do not delay deadlines.

What must never happen: that a publisher writes a ticket's events side by side, and some of them are judged
without the rest. A deadline would be announced, and then taken back. So a step does not end between two
records with the same key, unless they are very heavy.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from service.events.rejection import Rejection
from service.kafka.codec.record import WHOLE_BYTES, Record
from service.sla.partition import HEAVY_BYTES, Arrival


class Portion(NamedTuple):
    """The first `taken` of the records, decoded."""

    arrivals: list[Arrival]
    sources: list[Record]  # of the arrivals
    rejected: list[tuple[Record, Rejection]]
    taken: int


def portion(
    records: Sequence[Record],
    most: int,
    decode: Callable[[Record], Arrival | Rejection],
    weigh: Callable[[str], int],
) -> Portion:
    """Decode at least one record, and up to `most` while they and their tickets weigh up to `HEAVY_BYTES`.

    Both may be exceeded by the rest of the records of one key, up to `WHOLE_BYTES`. A record weighs what it
    costs to read, also when it is rejected. `weigh` gives the bytes of a ticket's state, which may have a
    thousand facts.
    """
    found = Portion([], [], [], len(records))
    arrivals, sources, rejected, _ = found
    heavy, opened, latest = 0, set[str](), None
    for number, record in enumerate(records):
        is_amid = latest is not None and latest == record.key
        latest = record.key
        most_bytes = WHOLE_BYTES if is_amid else HEAVY_BYTES
        heavy += record.weight
        if (number >= most and not is_amid) or (heavy > most_bytes and number):
            break
        decoded = decode(record)
        if isinstance(decoded, Rejection):
            rejected.append((record, decoded))
            continue
        key, _ = decoded
        if key not in opened:
            heavy += weigh(key)
            opened.add(key)
            if heavy > most_bytes and number:
                break
        arrivals.append(decoded)
        sources.append(record)
    return found._replace(taken=len(arrivals) + len(rejected))
