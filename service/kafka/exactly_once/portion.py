"""Bounds how many records are judged in one step, so that heavy records do not delay deadlines."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from service.events.rejection import Rejection
from service.kafka.codec.record import Record
from service.sla.partition import HEAVY_BYTES, Arrival


class Portion(NamedTuple):
    """The first `taken` of the records, decoded."""

    arrivals: list[Arrival]
    sources: list[Record]  # of the arrivals
    rejected: list[tuple[Record, Rejection]]
    taken: int


def portion(
    records: Sequence[Record],
    decode: Callable[[Record], Arrival | Rejection],
    weigh: Callable[[str], int],
) -> Portion:
    """Decode at least one record, and more while they and their tickets weigh up to `HEAVY_BYTES`.

    A record weighs what it costs to read, also when it is rejected. `weigh` gives the bytes of a ticket's
    state, which may have a thousand facts.
    """
    found = Portion([], [], [], len(records))
    arrivals, sources, rejected, _ = found
    heavy, opened = 0, set[str]()
    for record in records:
        heavy += record.weight
        if heavy > HEAVY_BYTES and (arrivals or rejected):
            break
        decoded = decode(record)
        if isinstance(decoded, Rejection):
            rejected.append((record, decoded))
            continue
        key, _ = decoded
        if key not in opened:
            heavy += weigh(key)
            opened.add(key)
            if heavy > HEAVY_BYTES and (arrivals or rejected):
                break
        arrivals.append(decoded)
        sources.append(record)
    return found._replace(taken=len(arrivals) + len(rejected))
