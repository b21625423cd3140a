"""What became of hostile records: each was put aside once, or counts as a fact of its ticket, never both."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from service.events.rejection import Rejection
from service.kafka.codec.record import Record
from service.kafka.codec.records import decode
from service.kafka.topics.rejected import aside
from service.kafka.topics.tickets import kept_tickets
from service.sla.history import identity
from service.sla.state import decode as state
from tests.broker.log import read

Place = tuple[int, int]  # partition and offset of the input


class Written(NamedTuple):
    """A line of the flood's file."""

    partition: int
    offset: int
    good: bool | None
    ticket: str | None


@dataclass
class Outcome:
    """Counts of records."""

    records: int = 0
    judged: int = 0
    put_aside: int = 0
    lost: int = 0  # neither judged nor put aside
    twice: int = 0  # put aside more than once, or put aside and judged
    wrong: int = 0  # bad ones judged, good ones put aside
    examples: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """The bar."""
        return not (self.lost or self.twice or self.wrong) and self.judged > 0 and self.put_aside > 0


def written(file: Path) -> list[Written]:
    """The flood's file."""
    return [Written(*json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


async def outcome(bootstrap: str, prefix: str, flood: Iterable[Written]) -> Outcome:
    """By what the topics hold now. Other records of the input do not matter."""
    tickets = kept_tickets({"bootstrap_servers": bootstrap}, f"{prefix}sla.tickets")
    facts = [(kept.key, fact) async for kept in tickets for fact in state(kept.value).facts]
    judged = {(fact.partition, fact.offset) for _, fact in facts}
    known = {(key, identity(fact)) for key, fact in facts}
    asides = [aside(record) for record in await read(bootstrap, f"{prefix}complaints.rejected")]
    put_aside = Counter((record.from_partition, record.from_offset) for record in asides)
    unclear = {(line.partition, line.offset) for line in flood if line.good is None} - judged - set(put_aside)
    if unclear:  # unless they repeat what is known
        for record in await read(bootstrap, f"{prefix}complaints.lifecycle"):
            if (record.partition, record.offset) in unclear and _repeats(record, known):
                judged.add((record.partition, record.offset))
    return _held_against(flood, judged, put_aside)


def _repeats(record: Record, known: set[tuple[str, tuple[str, str]]]) -> bool:
    found = decode(record, None, 1, lambda _key, _count: record.partition)
    return not isinstance(found, Rejection) and (found[0], identity(found[1])) in known


def _held_against(flood: Iterable[Written], judged: set[Place], put_aside: Counter[Place]) -> Outcome:
    result = Outcome()
    for line in flood:
        place = line.partition, line.offset
        is_judged, asides = place in judged, put_aside[place]
        result.records += 1
        result.judged += is_judged
        result.put_aside += asides > 0
        lost, twice = not is_judged and not asides, is_judged + asides > 1
        wrong = line.good is not None and not lost and is_judged != line.good
        result.lost, result.twice, result.wrong = (
            result.lost + lost,
            result.twice + twice,
            result.wrong + wrong,
        )
        if (lost or twice or wrong) and len(result.examples) < 5:
            result.examples.append(f"{line}: judged {is_judged}, put aside {asides} times")
    return result
