"""The board: tickets, desks, what is known of their sources, and the viewers.

The time is an argument. Nothing here depends on Kafka.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from service.board.codes import InputCodes
from service.board.desks import DeskLine, DeskShelf
from service.board.filters import Query
from service.board.listing import Fitting, Listing, listing
from service.board.policies import InForceViews
from service.board.snapshot import ReachView, Snapshot
from service.board.stream import Ticker
from service.board.ticket_page import TicketPage, account
from service.board.tickets import TicketShelf
from service.sla.policy import Policies
from service.sla.state import UnreadableStateError
from service.sla.state import key as key_of

LOOK_EVERY_SECONDS = 0.1
TICK_EVERY_SECONDS = 0.5  # the shortest time between two ticks
AT_ONCE = 100  # tickets judged before other tasks get a turn; some ms
CODES_WITHIN_SECONDS = 1.0  # then the page comes without the codes, and its stream brings them
# A service takes a publication up within this time, so a judgement in it may still be by the policies before.
TAKEN_UP_WITHIN_MS = 10_000
DIFFERS_FOR_MS = 5_000  # while the board itself may still have to read what is published
_MOST_LISTINGS = 64


@dataclass
class Board:
    """The data that all routes read. `grace` in ms; `group` is the consumer group of the service.

    `snapshot_now` gives what is known now of Kafka, the group and the services.
    """

    shelf: TicketShelf
    desks: DeskShelf
    snapshot_now: Callable[[], Snapshot]
    grace: int
    group: str
    ticker: Ticker = field(default_factory=Ticker)
    codes: InputCodes | None = None  # None: nobody reads the input
    published_at: int = 0  # ms: the latest publication that the board has read

    def __post_init__(self) -> None:
        self._published = self.shelf.policies
        self._in_force = InForceViews()
        self._differs_since: int | None = None
        self._fitting = Fitting(self.shelf)
        self._listings: dict[Query, Listing] = {}
        self._listed: tuple[int, Mapping[int, int]] | None = None

    def snapshot(self) -> Snapshot:
        """Return what is known now, with the figures of tickets and desks."""
        shelf, now = self.shelf, self.snapshot_now()
        return replace(
            now,
            waiting=shelf.waiting,
            baffling=shelf.baffling,
            baffled_by=shelf.baffled_by,
            baffling_desks=self.desks.baffling,
            baffled_by_desk=self.desks.baffled_by,
            policies=self._in_force.at(now.now, shelf.policies),
            other_policies=self._differs(now.now),
        )

    def adopt(self, policies: Policies, published_at: int) -> None:
        """Judge by what is published now. `published_at` (ms): when the latest publication began."""
        self._published, self.published_at = policies, published_at
        self.desks.adopt(policies)

    def _differs(self, now: int) -> bool:
        """True when the service has judged by other policies than the board for a while."""
        judged_at = self.shelf.judged_otherwise_at
        if judged_at is None or judged_at <= self.published_at + TAKEN_UP_WITHIN_MS:
            self._differs_since = None
        elif self._differs_since is None:
            self._differs_since = now
        return self._differs_since is not None and now - self._differs_since >= DIFFERS_FOR_MS

    def times(self, snapshot: Snapshot) -> dict[int, int]:
        """Return by partition the instant (ms) to judge at: later facts may not have been read yet.

        So the board shows no breach while Kafka is away: the ticket may have been answered meanwhile.
        """
        return self._complete(snapshot.reaches, snapshot.now)

    def desk_lines(self, snapshot: Snapshot) -> list[DeskLine]:
        """Return the support desks, judged at the instants of their partitions."""
        return self.desks.lines(self._complete(snapshot.desk_reaches, snapshot.now))

    def _complete(self, reaches: Mapping[int, ReachView], now: int) -> dict[int, int]:
        return {
            number: min(now, reach.as_of) - self.grace
            for number, reach in reaches.items()
            if reach.as_of is not None
        }

    def listing(self, query: Query, snapshot: Snapshot) -> Listing:
        """Return a page of the list. Viewers with the same query share one object."""
        times = self.times(snapshot)
        minutes = {number: at // 60_000 for number, at in times.items()}
        listed = self.shelf.version, minutes
        if listed != self._listed or len(self._listings) > _MOST_LISTINGS:
            self._listed, self._listings = listed, {}
        if query not in self._listings:
            self._listings[query] = listing(self.shelf, self._fitting, query, times)
        return self._listings[query]

    def account(self, tenant: str, ticket_id: str, snapshot: Snapshot) -> TicketPage | None:
        """Return a ticket for its page; None when it is not known or cannot be judged."""
        return account(self.shelf, tenant, ticket_id, self.times(snapshot), self.codes)

    async def codes_read(self, tenant: str, ticket_id: str) -> None:
        """Wait a little until the records of a ticket have been read."""
        if self.codes is None:
            return
        key = key_of(tenant, ticket_id)
        try:
            found = self.shelf.find(key)
        except UnreadableStateError:
            return
        if found is not None:
            self.codes.of(key, found.known.facts)
            await self.codes.settled(key, CODES_WITHIN_SECONDS)

    async def look(self) -> None:
        """Judge new and due tickets and wake the viewers, until cancelled."""
        time = asyncio.get_running_loop().time
        version, ticked = -1, time()
        while True:
            for _ in self.shelf.adopt(self._published):
                await asyncio.sleep(0)
            looked = self.shelf.look(self.times(self.snapshot()), AT_ONCE)
            if self.shelf.version != version and time() - ticked >= TICK_EVERY_SECONDS:
                version, ticked = self.shelf.version, time()
                self.shelf.ordered()  # sorted once here, not in the first viewer's request
                self.ticker.tick()
            await asyncio.sleep(0 if looked >= AT_ONCE else LOOK_EVERY_SECONDS)
