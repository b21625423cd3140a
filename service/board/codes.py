"""Codes that did not fit as they came, of the tickets whose pages are looked at.

How it works. The state does not hold them, so a page asks for the records of its facts. A reader takes one
ticket after the other and reads its records again: of at most `MOST_FACTS` facts, and each record once, as it
never changes. Until then the page says that they are being read.

What must never happen: that a page waits for Kafka, or that many pages make many reads at once.
"""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice

from service.events.fact import COMPLAINTS, Fitted
from service.explain.records import Identity, NotRead, TicketRecords
from service.sla.facts import Fact, Kind
from service.sla.history import identity, order

MOST_FACTS = 50  # of one ticket that are read: the first ones in fact order whose kind has codes
MOST_TICKETS = 100  # that wait to be read
MOST_KEPT = 20_000  # records

Wanted = tuple[str, tuple[Fact, ...]]  # key of a ticket, and the facts to read
_Place = tuple[str, int, int]  # key of a ticket, partition, offset

_WITH_CODES = frozenset(int(kind) for kind in Kind if COMPLAINTS[f"complaint.{kind.word}"][2])


class InputCodes:
    """The codes of the records that have been read, and the tickets that wait for a reader."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._known: dict[_Place, tuple[Fitted, ...] | None] = {}  # None: the record is not there any more
        self._wanted: dict[str, tuple[Fact, ...]] = {}
        self._asked = asyncio.Event()
        self._settled = asyncio.Event()  # set, and replaced, when the reader is done with a ticket
        self.failure: str | None = None  # why records cannot be read at the moment

    def of(self, key: str, facts: Sequence[Fact]) -> TicketRecords:
        """Return what has been read of a ticket's records, and ask for the others."""
        with_codes = [fact for fact in sorted(facts, key=order) if fact.kind in _WITH_CODES]
        codes: dict[Identity, Sequence[Fitted]] = {
            identity(fact): () for fact in facts if fact.kind not in _WITH_CODES
        }
        missing = []
        for fact in with_codes[:MOST_FACTS]:
            place = key, fact.partition, fact.offset
            if place not in self._known:
                missing.append(fact)
            elif (fitted := self._known[place]) is not None:
                codes[identity(fact)] = fitted
        if missing and len(self._wanted) < MOST_TICKETS:
            self._wanted[key] = tuple(missing)
            self._asked.set()
        not_read = [NotRead(self._topic, self.failure or "reading")] if missing else []
        if len(with_codes) > MOST_FACTS:
            not_read.append(NotRead(self._topic, "too_many"))
        return TicketRecords(self._topic, codes=codes, not_read=not_read)

    async def take(self) -> Wanted:
        """Wait for a ticket that a page has asked for, and return it. It waits on until `put` or `fail`."""
        while not self._wanted:
            self._asked.clear()
            await self._asked.wait()
        return next(iter(self._wanted.items()))

    def put(self, wanted: Wanted, found: Mapping[Identity, Sequence[Fitted]]) -> None:
        """Note what was read of a ticket's records; a record that was not `found` is not there any more."""
        key, facts = wanted
        for fact in facts:
            fitted = found.get(identity(fact))
            self._known[key, fact.partition, fact.offset] = None if fitted is None else tuple(fitted)
        for place in list(islice(self._known, max(0, len(self._known) - MOST_KEPT))):
            del self._known[place]
        self.failure = None
        self._done(key)

    def fail(self, wanted: Wanted, why: str) -> None:
        """Note that records cannot be read. The page asks again when it is looked at."""
        self.failure = why
        self._done(wanted[0])

    def _done(self, key: str) -> None:
        self._wanted.pop(key, None)
        self._settled.set()
        self._settled = asyncio.Event()

    async def settled(self, key: str, seconds: float) -> None:
        """Wait until nothing of a ticket waits for the reader, at most `seconds`; not while it fails."""
        try:
            async with asyncio.timeout(seconds):
                while key in self._wanted and self.failure is None:
                    await self._settled.wait()
        except TimeoutError:
            return
