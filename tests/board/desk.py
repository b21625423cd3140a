"""A board over tickets that a test tells of, at a time that it says: real objects, no Kafka."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from service.board.board import Board
from service.board.desks import DeskShelf
from service.board.snapshot import ReachView, Snapshot
from service.board.tickets import TicketShelf
from service.sla import state
from service.sla.cause import UNSEARCHED
from service.sla.changes import changes, told_after
from service.sla.facts import Fact
from service.sla.judge import judge
from service.sla.policy import Policies
from service.sla.state import NEVER, Header, Ticket, key
from service.sla.told import Told
from tests.sla.stories import LETTER


def record(facts: list[Fact], at: int, told: Told | None = None) -> bytes:
    """The state of a ticket as the service commits it at `at` (ms)."""
    ticket = Ticket(facts, [], at)
    if told is not None:
        ticket.tell(told)
    return state.encode(ticket, Header(1, at, NEVER))


def told(facts: list[Fact], policies: Policies, tenant: str, at: int) -> Told:
    """What the service has announced of a ticket by `at` (ms)."""
    return told_after(Told(), changes(judge(facts, policies, tenant, at), at, Told(), UNSEARCHED))


@dataclass
class Desk:
    """The board of a test. Its time stands still until the test moves it."""

    now: int
    policies: Policies = LETTER
    reaches: Mapping[int, ReachView] | None = None  # None: one partition, read up to now
    snapshot: Snapshot = field(default_factory=lambda: Snapshot(0, {}))
    grace: int = 0

    def __post_init__(self) -> None:
        self.board = Board(
            TicketShelf(self.policies), DeskShelf(self.policies), self.see, self.grace, "sla-timer"
        )

    def see(self) -> Snapshot:
        reaches = {0: ReachView(0, 9, 9, self.now)} if self.reaches is None else self.reaches
        return replace(self.snapshot, now=self.now, reaches=reaches, desk_reaches=reaches)

    def keep(self, ticket: str, *facts: Fact, tenant: str = "default", at: int | None = None) -> None:
        """The service commits a ticket."""
        when = self.now if at is None else at
        value = record(list(facts), when, told(list(facts), self.policies, tenant, when))
        self.board.shelf.restore(0, key(tenant, ticket), value)

    def look(self) -> None:
        """The board looks at all that came and all that is due."""
        while self.board.shelf.look(self.board.times(self.see()), 1_000):
            pass
