"""The facts of a ticket as they count: each identity once, voids applied, in fact order."""

import json
from collections.abc import Iterable, Sequence
from enum import StrEnum
from operator import attrgetter, is_

from service.sla.facts import Fact, Kind

MOST_FACTS = 1000  # on one ticket; further records are rejected

# The kinds that start the first cycle, the first one preferred.
_STARTS = int(Kind.RECEIVED), int(Kind.REFUSED), int(Kind.REOPENED)
_ATTRIBUTES_ONLY = frozenset({Kind.RECLASSIFIED, Kind.REASSIGNED})  # count before a reopening that starts
_VOIDED = int(Kind.VOIDED)


class Outcome(StrEnum):
    """The result of adding a fact to a history."""

    NEW = "new"
    REPEATED = "repeated"  # the same identity and content again
    REPLACED = "replaced"  # a known identity with smaller content: the new fact counts now
    OUTRANKED = "outranked"  # a known identity with larger content: the known fact still counts
    FULL = "full"


NEW, REPEATED, REPLACED, OUTRANKED, FULL = Outcome  # a plain name is faster, see judge.py


def identity(fact: Fact) -> tuple[str, str]:
    """The identity of an event: its source and id."""
    return fact.source, fact.id


order = attrgetter("time", "kind", "source", "id")  # sort key of the fact order


def content(fact: Fact) -> tuple[int, int, bytes]:
    """Sort key among facts with one identity: the smallest counts, in any order of arrival."""
    canonical = json.dumps(fact.data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return fact.time, fact.kind, canonical.encode()


def add(facts: list[Fact], fact: Fact, *, room: bool = True) -> Outcome:
    """Add `fact` to `facts` (one per identity, any order), in place; nothing changes without `room`."""
    for index, known in enumerate(facts):
        if known.id == fact.id and known.source == fact.source:
            if (known.time, known.kind, known.data) == (fact.time, fact.kind, fact.data):
                return REPEATED
            if content(fact) >= content(known):
                return OUTRANKED
            if not room:
                return FULL
            facts[index] = fact
            return REPLACED
    if not room or len(facts) >= MOST_FACTS:
        return FULL
    facts.append(fact)
    return NEW


def unique(facts: Iterable[Fact]) -> list[Fact]:
    """The facts with each identity once, in any order of arrival and with any number of repeats."""
    chosen: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        known = chosen.setdefault(identity(fact), fact)
        if known is not fact and content(fact) < content(known):
            chosen[identity(fact)] = fact
    return list(chosen.values())


def standing(facts: Iterable[Fact]) -> list[Fact]:
    """`facts` (one per identity) without the voided ones, in fact order. A void always stands."""
    ordered, latest, voids = list(facts), -1, []
    in_order = True
    for fact in ordered:
        in_order = in_order and fact.time > latest
        latest = fact.time
        if fact.kind == _VOIDED:
            voids.append(fact)
    if not in_order:
        ordered.sort(key=order)
    if not voids:
        return ordered
    voided = {(str(void.data.get("event_source", void.source)), str(void.data["event_id"])) for void in voids}
    return [fact for fact in ordered if fact.kind == _VOIDED or identity(fact) not in voided]


def is_appended(arrived: Sequence[Fact], facts: Sequence[Fact], ordered: Sequence[Fact]) -> bool:
    """True when the facts that `arrived` follow all earlier facts in fact order, and void none of them.

    `facts`: all facts of the ticket, in order of arrival. `ordered`: the standing facts, as `lead` orders
    them.
    """
    count = len(arrived)
    if not count:
        return True
    return (
        count < len(ordered)
        and all(map(is_, facts[-count:], arrived))
        and all(map(is_, ordered[-count:], sorted(arrived, key=order)))
        and not any(fact.kind == _VOIDED for fact in arrived)
    )


def lead(ordered: list[Fact]) -> list[Fact]:
    """The facts in fact order, but with the start fact of the first cycle first; empty without one.

    Facts dated before the start fact follow right after it, in fact order. Where that is a reopening, only
    those among them count that change attributes; the others are left out.
    """
    if ordered and ordered[0].kind == _STARTS[0]:  # the usual case
        return ordered
    for start_kind in _STARTS:
        for index, fact in enumerate(ordered):
            if fact.kind == start_kind:
                before = ordered[:index]
                if start_kind == Kind.REOPENED:
                    before = [earlier for earlier in before if earlier.kind in _ATTRIBUTES_ONLY]
                return [fact, *before, *ordered[index + 1 :]] if index else ordered
    return []
