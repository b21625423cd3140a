"""A partition: the tickets it owns, encoded as the changelog holds them, and the timers over them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from msgspec.structs import replace

from service.sla import history, state
from service.sla.announcement import Announcement
from service.sla.evaluation import Moment, evaluate
from service.sla.facts import Fact
from service.sla.history import FULL, NEW, REPLACED, Outcome
from service.sla.judge import has_lapsed
from service.sla.policy import Policies
from service.sla.space import LARGEST, Space
from service.sla.state import NEVER, Header, Ticket, UnreadableStateError
from service.sla.timers import Timers

HEAVY = 64 * 1024  # bytes of state that are judged in one step: a ticket with hundreds of cycles is 30 ms
SEEN_AGAIN = 24 * 3_600_000  # ms; a repeated record prolongs retention, noted at most this often


Arrival = tuple[str, Fact]  # what the log delivered: the changelog key of its ticket, and the fact


@dataclass(slots=True)
class Step:
    """What one step has to make durable, all or nothing, and what is worth counting once it is."""

    announcements: list[Announcement] = field(default_factory=list)
    changes: dict[str, bytes | None] = field(
        default_factory=dict
    )  # changelog records; None forgets the ticket
    refused: list[int] = field(default_factory=list)  # indexes of arrivals whose ticket is full
    outcomes: Counter[Outcome] = field(default_factory=Counter)  # of the arrivals
    unjudged: int = 0  # cycles that began and that no policy judges
    shown_by_records: int = 0  # the first so many announcements; the others were waited for


_NEWS = frozenset({NEW, REPLACED})


class Partition:
    """The tickets of one input partition. A step changes memory at once: drop it if a commit fails."""

    def __init__(self, policies: Policies, retention: int, largest: int = LARGEST) -> None:
        """`retention` in ms; `largest`: bytes that the state of a ticket may have."""
        self._policies = policies
        self._retention = retention
        self._largest = largest
        self._tickets: dict[str, bytes] = {}
        self._timers = Timers()
        self._edition = edition(policies)
        self.reflects = -1  # the input offset up to which restored state has it all

    def __len__(self) -> int:
        return len(self._tickets)

    @property
    def armed(self) -> int:
        """How many instants are armed, those included that no longer matter."""
        return len(self._timers)

    def weigh(self, key: str) -> int:
        """Bytes of a ticket's state; 0: it has none."""
        return len(self._tickets.get(key, b""))

    def next_at(self) -> int | None:
        """The earliest instant t (ms) so that a step with `at` > t may have something to tell."""
        return self._timers.next_at()

    def restore(self, key: str, value: bytes | None) -> None:
        """Take one changelog record, in log order; None: a tombstone. Raises UnreadableStateError."""
        if value is None:
            self._tickets.pop(key, None)
            return
        head = state.header(value)
        self.reflects = head.reflects  # the latest counts: lower than before, the input was begun anew
        wake = head.wake_at
        if head.edition != self._edition:  # other policies may see it otherwise
            value, wake = state.rewake(value, head.at), head.at
        known = self._tickets.get(key)
        self._keep(key, value, wake, state.header(known).wake_at if known else NEVER)

    def step(
        self, arrivals: Sequence[Arrival], *, at: int, now: int, offset: int, grace: int, most: int = 2_000
    ) -> Step:
        """Judge the tickets of `arrivals`, and up to `most` whose deadline lapsed, at watermark - grace.

        `offset`: the last input offset consumed; `now`: the instant of detection. All in ms.
        Raises UnreadableStateError.
        """
        step, moment = Step(), Moment(at, now, offset, grace)
        for key, ticket, arrived, replaced in self._take(step, arrivals, now):
            ticket.seen_at = now
            self._look(step, key, ticket, arrived, moment, anew=replaced)
        step.shown_by_records = len(step.announcements)
        heavy = 0
        for key in self._timers.take(at, most):
            value = self._tickets.get(key)
            if value is None or (head := state.header(value)).wake_at >= at:
                continue
            if heavy > HEAVY:
                self._timers.arm(key, head.wake_at)
                continue
            heavy += len(value)
            self._look(step, key, self._open(key), None, moment)
        return step

    def _take(
        self, step: Step, arrivals: Sequence[Arrival], now: int
    ) -> list[tuple[str, Ticket, list[Fact], bool]]:
        """The tickets to which something new came, and what; or whose last record is worth noting.

        And whether a fact that was known has other content now.
        """
        opened: dict[str, tuple[Ticket, list[Fact], Space]] = {}
        repeated, replaced = set[str](), set[str]()
        for index, (key, fact) in enumerate(arrivals):
            known = opened.get(key)
            if known is None:
                known = opened[key] = self._open(key), [], Space(self.weigh(key), self._largest)
            ticket, news, space = known
            outcome = history.add(ticket.facts, fact, room=space.has(fact))
            step.outcomes[outcome] += 1
            if outcome in _NEWS:
                if outcome is REPLACED:
                    replaced.add(key)
                news.append(fact)
                space.take(fact)
            elif outcome is FULL:
                step.refused.append(index)
            else:
                repeated.add(key)
        return [
            (key, ticket, news, key in replaced)
            for key, (ticket, news, _) in opened.items()
            if news or (key in repeated and now - ticket.seen_at > SEEN_AGAIN)
        ]

    def _look(
        self,
        step: Step,
        key: str,
        ticket: Ticket,
        arrived: list[Fact] | None,
        moment: Moment,
        *,
        anew: bool = False,
    ) -> None:
        """See what is news of one ticket, tell it, keep its state. `arrived` is None when no record came.

        `anew`: judge all of it.
        """
        before = self._tickets.get(key)
        head = state.header(before) if before else Header(-1, moment.at, NEVER, self._edition)
        if head.at > moment.at:
            # What was told was true then, perhaps by another process: judging earlier would take it back.
            moment = replace(moment, at=head.at)
        name, policies, retention = state.names(key), self._policies, self._retention
        judged_at = head.at if before and head.edition == self._edition and not anew else None
        found = evaluate(
            name,
            ticket,
            arrived or (),
            lambda: self._open(key).facts,
            policies,
            retention,
            moment,
            judged_at,
        )
        step.announcements += found.announcements
        step.unjudged += found.unjudged
        if has_lapsed(found.forget_at, moment.at):
            self._tickets.pop(key, None)
            step.changes[key] = None
            return
        if found.told:
            ticket.told = found.told
        wake = min(found.wake_at, found.forget_at)
        value = state.encode(ticket, Header(moment.offset, moment.at, wake, self._edition))
        if arrived is not None or found.told or head.edition != self._edition:
            step.changes[key] = value
        self._keep(key, value, wake, head.wake_at)

    def _open(self, key: str) -> Ticket:
        value = self._tickets.get(key)
        try:
            return Ticket([], []) if value is None else state.decode(value)
        except UnreadableStateError as error:
            raise UnreadableStateError(str(error), key) from None

    def _keep(self, key: str, value: bytes, wake: int, known_wake: int) -> None:
        self._tickets[key] = value
        if wake not in (NEVER, known_wake):
            self._timers.arm(key, wake)


def edition(policies: Policies) -> int:
    """Another number for other policies."""
    names = [(policy.id, policy.version, policy.sha256) for policy in policies.versions]
    return int.from_bytes(blake2b(repr(names).encode(), digest_size=8).digest())
