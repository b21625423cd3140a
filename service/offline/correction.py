"""What a later export corrects: which events are new, which are voided and sent anew, which stay.

How it works: an event of the export and the events of the log belong together when they have one id. The
log may have the event under that id, and under an id of ours for each time that it was corrected: the id,
`!`, and a digest of the content. What stands of them and says the same stays. What stands and says something
else is voided, and the event is sent under the id with its digest. When that id was voided before, as the
content has come back, a number follows. So the ids depend on the export and the log alone: whoever runs it
again, after whatever part of it was sent, sends the rest, under the same ids.

An id of ours is known by its digest, which nobody else's id has. `!` sorts before every other character, so
an event keeps its place among those of its instant.

What must never happen: an id is used again that was voided; an event that somebody else voided comes back.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import NamedTuple

from msgspec.structs import replace

from service.sla.facts import Fact, Kind
from service.sla.history import MOST_FACTS, content, identity, unique

_LONGEST = 100  # characters of an id that is kept as it is; with what is added it is at most 128
_OURS = re.compile(r"(.+)!([0-9a-f]{16})(?:\.[0-9]{1,4})?", re.DOTALL)


class TicketFact(NamedTuple):
    """A fact, and the key of its ticket (see state.key)."""

    ticket: str
    fact: Fact

    @property
    def says(self) -> tuple[str, tuple[int, int, bytes]]:
        """What it says, whatever its id."""
        return self.ticket, content(self.fact)


@dataclass(slots=True)
class TicketCorrection:
    """What an export changes in one ticket."""

    new: int = 0
    changed: int = 0  # voided, and sent anew
    unchanged: int = 0
    voided: int = 0  # somebody else said that they are void: they stay so
    moved: int = 0  # the export has them in another ticket: voided here
    vanished: list[str] = field(default_factory=list)  # ids that the export no longer has: they stay
    events: list[Fact] = field(default_factory=list)  # to be sent
    facts: int = 0  # of the ticket, in the log

    @property
    def does_not_fit(self) -> bool:
        """True when the ticket would have more facts than a ticket may have."""
        return bool(self.events) and self.facts + len(self.events) > MOST_FACTS


def original(one: TicketFact) -> str:
    """Return the id that an event belongs to: its own, unless it is an id of ours; cut if it is long."""
    found = _OURS.fullmatch(one.fact.id)
    return found[1] if found and found[2] == _digest(one) else _cut(one.fact.id)


def original_of(event_id: str) -> str:
    """Return `original` of an event of an export."""
    return _cut(event_id)


def corrections(
    export: Sequence[TicketFact], log: Iterable[TicketFact], source: str
) -> dict[str, TicketCorrection]:
    """Return by ticket key what an export changes. `source`: of all its events, each id once.

    `log`: all facts of its tickets; of other tickets the facts whose `original` the export has, and all voids
    of the source's events.
    """
    found: defaultdict[str, TicketCorrection] = defaultdict(TicketCorrection)
    known = _Log(log, source)
    for ticket, facts in known.counts.items():
        found[ticket].facts = facts
    voids = [one for one in export if one.fact.kind == Kind.VOIDED]
    by_others = known.by_others | {_voided(one) for one in voids}
    for one in export:
        correct = _correct_void if one.fact.kind == Kind.VOIDED else _correct
        correct(one, known, by_others, found)
    given = {original_of(one.fact.id) for one in export}
    for ticket in {one.ticket for one in export}:
        found[ticket].vanished = sorted(
            one.fact.id
            for one in known.by_ticket[ticket]
            if original(one) not in given and known.stands(one, by_others)
        )
    return dict(found)


Voided = tuple[str, str, str]  # key of the ticket, source and id of an event


class _Log:
    """The log as it counts: each identity of a ticket once."""

    def __init__(self, log: Iterable[TicketFact], source: str) -> None:
        self.source = source
        self.told: defaultdict[str, list[TicketFact]] = defaultdict(list)  # by the original id
        self.by_ticket: defaultdict[str, list[TicketFact]] = defaultdict(list)  # of the source, without voids
        self.voids: dict[tuple[str, str], Fact] = {}  # of the source, by ticket and id
        self.by_us: set[Voided] = set()
        self.by_others: set[Voided] = set()
        self.counts: dict[str, int] = {}
        by_ticket: defaultdict[str, list[Fact]] = defaultdict(list)
        for ticket, fact in log:
            by_ticket[ticket].append(fact)
        for ticket, facts in by_ticket.items():
            counting = unique(facts)
            self.counts[ticket] = len(counting)
            for fact in counting:
                self._add(TicketFact(ticket, fact))

    def _add(self, one: TicketFact) -> None:
        fact = one.fact
        if fact.kind == Kind.VOIDED:
            by = self.by_us if identity(fact) == (self.source, _void_id(one)) else self.by_others
            by.add(_voided(one))
            if fact.source == self.source:
                self.voids[one.ticket, fact.id] = fact
        elif fact.source == self.source:
            self.told[original(one)].append(one)
            self.by_ticket[one.ticket].append(one)

    def stands(self, one: TicketFact, by_others: set[Voided]) -> bool:
        """True when neither we nor `by_others` voided it."""
        place = _place(one)
        return place not in self.by_us and place not in by_others

    def has_used(self, one: TicketFact) -> bool:
        """True when the id of an event of the export was told before, or was voided by us."""
        return (
            bool(self.told[original_of(one.fact.id)])
            or (one.ticket, one.fact.id) in self.voids
            or _place(one) in self.by_us
        )

    def free_id(self, one: TicketFact) -> str:
        """Return the id of a corrected event: the first that nobody voided."""
        name = f"{original_of(one.fact.id)}!{_digest(one)}"
        names = (name if number == 1 else f"{name}.{number}" for number in count(1))
        return next(
            name
            for name in names
            if (place := (one.ticket, self.source, name)) not in self.by_us and place not in self.by_others
        )


def _correct(
    one: TicketFact, known: _Log, by_others: set[Voided], found: defaultdict[str, TicketCorrection]
) -> None:
    told = known.told[original_of(one.fact.id)]
    is_voided = any(_place(other) in by_others for other in told)
    standing = [other for other in told if known.stands(other, by_others)]
    same = None if is_voided else next((other for other in standing if other.says == one.says), None)
    _void_all([other for other in standing if other is not same], one, found)
    here = found[one.ticket]
    if is_voided:
        here.voided += 1
    elif same is not None:
        here.unchanged += 1
    elif not known.has_used(one):
        here.new += 1
        here.events.append(one.fact)
    else:
        here.changed += 1
        here.events.append(replace(one.fact, id=known.free_id(one)))


def _correct_void(
    one: TicketFact, known: _Log, by_others: set[Voided], found: defaultdict[str, TicketCorrection]
) -> None:
    """Add an event that voids another, unless that is void already. It cannot be voided itself."""
    standing = [other for other in known.told[original_of(one.fact.id)] if known.stands(other, by_others)]
    _void_all(standing, one, found)
    here = found[one.ticket]
    if _voided(one) in known.by_others:
        here.unchanged += 1
        return
    here.new += 1
    here.events.append(replace(one.fact, id=known.free_id(one)) if known.has_used(one) else one.fact)


def _void_all(
    standing: Iterable[TicketFact], one: TicketFact, found: defaultdict[str, TicketCorrection]
) -> None:
    """Void what the log says in place of `one`: at its instant, so that no silence ends by it."""
    for other in standing:
        found[other.ticket].events.append(_void_of(other, one.fact.time))
        if other.ticket != one.ticket:
            found[other.ticket].moved += 1


def _void_of(one: TicketFact, time: int) -> Fact:
    data: dict[str, str | int] = {"event_id": one.fact.id}
    void = Fact(time, Kind.VOIDED, one.fact.source, "", data, 0, 0, 0)
    return replace(void, id=_void_id(TicketFact(one.ticket, void)))


def _void_id(void: TicketFact) -> str:
    """Return the id that a void of ours has: that of the voided event with a mark."""
    return f"{_cut(str(void.fact.data['event_id']))}!voided"


def _voided(void: TicketFact) -> Voided:
    data = void.fact.data
    return void.ticket, str(data.get("event_source", void.fact.source)), str(data["event_id"])


def _place(one: TicketFact) -> Voided:
    return one.ticket, *identity(one.fact)


def _digest(one: TicketFact) -> str:
    time, kind, data = content(one.fact)
    said = b"\n".join((one.ticket.encode(), str(time).encode(), str(kind).encode(), data))
    return sha256(said).hexdigest()[:16]


def _cut(event_id: str) -> str:
    if len(event_id) <= _LONGEST:
        return event_id
    return event_id[: _LONGEST - 40] + sha256(event_id.encode()).hexdigest()[:40]
