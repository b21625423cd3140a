"""The interface between a partition and the code that judges its tickets or support desks."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

import msgspec

from service.sla.announcement import Announcement
from service.sla.facts import Fact
from service.sla.history import Outcome
from service.sla.policy import Policies
from service.sla.state import NEVER
from service.sla.told import Announced


class StepTime(msgspec.Struct, frozen=True, gc=False):
    """The instants of a step, and the input offset that it reflects. Instants and lengths in ms."""

    at: int
    now: int  # the instant of detection
    offset: int
    grace: int


class EvaluatedState(Protocol):
    """The decoded state of a ticket or a desk."""

    announced: list[Announced]
    seen_at: int  # ms, by our own clock: when the last record of the ticket or desk was processed


S = TypeVar("S", bound=EvaluatedState)


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """The result of an evaluation. Instants in ms, or NEVER."""

    announcements: list[Announcement]
    at: int  # the instant that was judged
    wake_at: int  # after this instant, there may be something to announce without a new fact
    forget_at: int  # after this instant, the ticket is forgotten
    waits_from: int = NEVER  # as in Header
    latest: int = NEVER  # as in Header
    unjudged: tuple[str, ...] = ()  # agreements under which a new cycle has no policy
    exempt: tuple[str, ...] = ()  # agreements under which a new cycle is exempt


class Evaluator(Protocol[S]):
    """The rules for tickets, or for support desks."""

    policies: Policies
    forgets_when_full: bool  # True: a full state is evaluated as well, so that it can forget

    @property
    def expected(self) -> Mapping[str, int]:
        """By key: from which instant (ms) on there is something to announce without any fact."""

    def adopt(self, policies: Policies) -> None:
        """Judge by other policies from now on."""

    def empty(self) -> S:
        """The state before the first fact."""

    def decode(self, value: bytes) -> S:
        """Decode the state of a changelog value. Raises UnreadableStateError."""

    def add(self, key: str, known: S, fact: Fact, *, room: bool) -> Outcome:
        """Add a fact to `known`, in place; `room`: the state may still grow by the fact."""

    def evaluate(
        self,
        key: str,
        known: S,
        arrived: Sequence[Fact],
        moment: StepTime,
        *,
        before: bytes | None,
        judged_at: int | None,
    ) -> Evaluation:
        """Evaluate `known`: compare what is true now with its announcements, and note the new ones in it.

        `arrived`: the new facts, already in `known`. `before`: the changelog value without them. `judged_at`:
        the instant (ms) at which the same policies judged `before`. None: they did not, or an earlier fact
        has other content now.
        """
