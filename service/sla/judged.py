"""What a partition asks of those who know its tickets, or its support desks."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from service.sla.announcement import Announcement
from service.sla.changes import Announced
from service.sla.facts import Fact
from service.sla.history import Outcome
from service.sla.policy import Policies


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When a step takes place, and which input it reflects. Instants and lengths in ms."""

    at: int
    now: int  # the instant of detection
    offset: int
    grace: int


class Known(Protocol):
    """A ticket or a desk, decoded."""

    announced: list[Announced]
    seen_at: int  # ms, by our own clock: when its last record was processed


S = TypeVar("S", bound=Known)


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """Instants in ms, or NEVER."""

    announcements: list[Announcement]
    at: int  # the instant that was judged
    wake_at: int  # after it, there may be news without a fact
    forget_at: int  # after it, the ticket is forgotten
    unjudged: int = 0  # cycles that began and that no policy judges


class Judged(Protocol[S]):
    """Tickets, or support desks."""

    policies: Policies
    forgets_when_full: bool  # so one is looked at also when it can take no more

    @property
    def expected(self) -> Mapping[str, int]:
        """By key: since when (ms) there is something to tell of one that never spoke."""

    def empty(self) -> S:
        """One that was never heard of."""

    def decode(self, value: bytes) -> S:
        """The one of a changelog value. Raises UnreadableStateError."""

    def add(self, key: str, known: S, fact: Fact, *, room: bool) -> Outcome:
        """Take a fact, in place; `room`: its state may still take the fact."""

    def evaluate(
        self,
        key: str,
        known: S,
        arrived: Sequence[Fact],
        moment: Moment,
        *,
        before: bytes | None,
        judged_at: int | None,
    ) -> Evaluation:
        """Compare what is true of it now with what was announced of it, and note in it what is announced.

        `arrived`: its new facts. `before`: the changelog value that it had without them. `judged_at`: the
        instant (ms) at which it was judged then, by the same policies; None: it was not, or one of the facts
        that it had has other content now.
        """
