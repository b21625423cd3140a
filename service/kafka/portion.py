"""How much of what was read one step takes: nobody's records may hold up the deadlines of others."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from aiokafka import ConsumerRecord

from service.events.rejection import Rejection
from service.sla.facts import Fact
from service.sla.partition import HEAVY, Arrival


class Portion(NamedTuple):
    """The first `taken` of the records, read."""

    arrivals: list[Arrival]
    sources: list[ConsumerRecord]  # of the arrivals
    rejected: list[tuple[ConsumerRecord, Rejection]]
    taken: int


def portion(
    records: Sequence[ConsumerRecord],
    decode: Callable[[ConsumerRecord], tuple[str, Fact] | Rejection],
    weigh: Callable[[str], int],
) -> Portion:
    """At least one record, and no more than HEAVY bytes of tickets to judge and of records to put aside.

    A ticket may have a thousand facts, and a batch of one MiB may unpack to a thousand of such records.
    `weigh` gives the bytes of a ticket's state.
    """
    found = Portion([], [], [], len(records))
    heavy, opened = 0, set[str]()
    for taken, record in enumerate(records):
        decoded = decode(record)
        if isinstance(decoded, Rejection):
            heavy += len(record.value or b"")
        elif decoded[0] not in opened:
            heavy += weigh(decoded[0])
            opened.add(decoded[0])
        if heavy > HEAVY and taken:
            return found._replace(taken=taken)
        if isinstance(decoded, Rejection):
            found.rejected.append((record, decoded))
        else:
            found.arrivals.append(Arrival(*decoded))
            found.sources.append(record)
    return found
