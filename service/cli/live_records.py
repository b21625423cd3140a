"""The records of a ticket around its state, for `explain`: each topic is read if our user may read it."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from schemas.topics import LIFECYCLE, REJECTED, TICKETS
from service.errors import RefusalError
from service.explain.records import InputRecord, NotRead, RejectedEvent, TicketRecords
from service.kafka.client.options import connection
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.topics.ticket_records import (
    Searched,
    fitted_codes,
    position_of,
    rejected_of,
    search_input,
)
from service.kafka.topics.tickets import FoundTicket
from service.settings import Settings
from service.sla.facts import Fact
from service.sla.state import key

T = TypeVar("T")


class LiveRecords:
    """Reads what the live topics hold of one ticket besides its state.

    What cannot be read, perhaps for want of a right, is named in the result; it is no error.
    """

    def __init__(self, settings: Settings, tenant: str, ticket_id: str) -> None:
        self._settings = settings
        self._reach: Mapping[str, Any] = connection(settings)
        self._ticket = tenant, ticket_id
        self._lifecycle = LIFECYCLE.named(settings.topic_prefix)
        self._not_read: list[NotRead] = []

    async def read(self, found: FoundTicket, facts: Sequence[Fact]) -> TicketRecords:
        """Return the records of the ticket that was `found`, with these `facts`; none: it has no state."""
        prefix = self._settings.topic_prefix
        tenant, ticket_id = self._ticket
        aside = REJECTED.named(prefix)
        reading = rejected_of(self._reach, aside, self._lifecycle, tenant, ticket_id)
        rejected: Sequence[RejectedEvent] = await self._or(aside, reading, [])
        tenants, forgotten, waiting = set(found.other_tenants), list[InputRecord](), list[InputRecord]()
        if found.kept is None:
            searched = await self._searched()
            if searched is not None:
                rejected = _together(rejected, searched.rejected)
                tenants |= searched.other_tenants
                forgotten, waiting = await self._parted(searched, rejected)
        codes = fitted_codes(self._reach, self._lifecycle, key(tenant, ticket_id), facts)
        return TicketRecords(
            self._lifecycle,
            TICKETS.named(prefix),
            rejected,
            sorted(tenants),
            found.tombstone,
            forgotten,
            waiting,
            await self._or(self._lifecycle, codes, {}),
            self._not_read,
        )

    async def _or(self, topic: str, reading: Awaitable[T], otherwise: T) -> T:
        try:
            return await reading
        except RefusalError as error:
            self._not_read.append(NotRead(topic, str(error)))
            return otherwise

    async def _searched(self) -> Searched | None:
        partitioner = PARTITIONERS[self._settings.partitioner]
        searching = search_input(self._reach, self._lifecycle, *self._ticket, partitioner)
        searched: Searched | None = await self._or(self._lifecycle, searching, None)
        if searched is not None and not searched.is_whole:
            why = f"partition {searched.partition} before offset {searched.begin}"
            self._not_read.append(NotRead(self._lifecycle, why))
        return searched

    async def _parted(
        self, searched: Searched, rejected: Sequence[RejectedEvent]
    ) -> tuple[list[InputRecord], list[InputRecord]]:
        """Return the accepted records that the service has processed, and those that it has not yet."""
        aside = {(one.partition, one.offset) for one in rejected}
        accepted = [one for one in searched.accepted if (one.partition, one.offset) not in aside]
        if not accepted:
            return [], []
        group = self._settings.group
        asking = position_of(self._reach, group, self._lifecycle, searched.partition)
        position = await self._or(f"offsets of group {group}", asking, accepted[-1].offset + 1)
        passed = [one for one in accepted if one.offset < position]
        return passed, accepted[len(passed) :]


def _together(kept: Sequence[RejectedEvent], searched: Sequence[RejectedEvent]) -> list[RejectedEvent]:
    """Return both, each record once, in the order of the input: the dead-letter topic may have lost some."""
    known = {(one.partition, one.offset) for one in kept}
    found = [*kept, *(one for one in searched if (one.partition, one.offset) not in known)]
    return sorted(found, key=lambda one: (one.partition or 0, one.offset or 0))
