"""A partition: the tickets, or support desks, that it owns, and the timers over them.

How it works. Each fact from the log goes into the state of its ticket or desk. Then each state with a new
fact, or whose wake instant has passed, is evaluated. The results are a step: announcements and changelog
records, all or nothing. Each state has an instant after which it is evaluated again. The timers find the
states that are due without touching the other states.

What must never happen: that a state is judged at an earlier instant than before. Its announcements were true
at the later instant, and an earlier judgement would retract them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic

import msgspec
from msgspec.structs import replace

from service.sla import state
from service.sla.announcement import Announcement
from service.sla.evaluator import Evaluator, S, StepTime
from service.sla.facts import Fact
from service.sla.history import FULL, NEW, REPLACED, Outcome
from service.sla.lapse import has_lapsed
from service.sla.policy import Policies
from service.sla.state import NEVER, Header
from service.sla.state_budget import LARGEST_BYTES, StateBudget
from service.sla.states import States
from service.sla.timers import Timers

ADOPTED_AT_ONCE = 5_000  # states looked at before other tasks get a turn: some 15 ms if all are concerned
HEAVY_BYTES = 64 * 1024  # of state judged in one step; a ticket with hundreds of cycles takes 30 ms
SEEN_AGAIN_MS = 24 * 3_600_000  # a repeated record prolongs retention, but is noted at most this often


Arrival = tuple[str, Fact]  # the changelog key of a ticket or desk, and a fact that the log delivered for it


@dataclass(slots=True)
class Step:
    """The results of one step, to commit all or nothing, and the counts for metrics after the commit."""

    announcements: list[Announcement] = field(default_factory=list)
    # Changelog records; None: a tombstone, the ticket is forgotten.
    changes: dict[str, bytes | None] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)  # indexes of arrivals whose ticket is full
    outcomes: Counter[Outcome] = field(default_factory=Counter)  # of the arrivals
    news: list[Fact] = field(default_factory=list)  # the arrivals that are new, or replace an earlier fact
    unjudged: list[str] = field(default_factory=list)  # agreement of each new cycle without a policy
    exempt: list[str] = field(default_factory=list)  # agreement of each new cycle that is exempt
    shown_by_records: int = 0  # the first so many announcements; records caused them, deadlines the rest


class _Opened(msgspec.Struct, Generic[S], gc=False):
    """A state with arrivals in one step."""

    known: S
    space: StateBudget
    news: list[Fact] = []
    is_repeated: bool = False
    is_replaced: bool = False  # True: an earlier fact has other content now
    is_full: bool = False


class Partition(States[S]):
    """The tickets, or desks, of one input partition.

    A step changes memory at once: drop the partition if a commit fails.
    """

    def __init__(self, judged: Evaluator[S], largest: int = LARGEST_BYTES) -> None:
        """`largest`: bytes that a state may have."""
        super().__init__(judged.empty, judged.decode)
        self._judged = judged
        self._largest = largest
        self._timers = Timers()
        self._edition = judged.policies.edition
        self._waiting: dict[str, int] = {}  # by key: see Header.waits_from
        self.reflects = -1  # the input offset up to which restored state has all records
        for key, since in sorted(judged.expected.items()):
            self._timers.arm(key, since)

    @property
    def armed(self) -> int:
        """The number of armed instants, outdated ones included."""
        return len(self._timers)

    def next_at(self) -> int | None:
        """The earliest instant t (ms) for which a step with `at` > t may have something to announce."""
        return self._timers.next_at()

    def adopt(self, policies: Policies) -> Iterator[None]:
        """Judge by other policies from now on. Yields wherever other tasks may get a turn.

        The next step judges anew what the others may judge otherwise: tickets that wait for a calendar year,
        and those with a fact from the first instant on from which a cycle may get another policy. All other
        states are judged by the new policies when something else happens to them.

        Until the end, the policies of before count: an adoption that was abandoned is done again in full.
        """
        if policies.edition == self._edition:
            return
        since = policies.differ_from(self._judged.policies)
        for number, (key, value) in enumerate(self._values.items()):
            if state.latest(value) >= since or key in self._waiting:
                at = state.header(value).at
                self._values[key] = state.rewake(value, at)
                self._timers.arm(key, at)
            if number % ADOPTED_AT_ONCE == ADOPTED_AT_ONCE - 1:
                yield
        self._judged.adopt(policies)
        self._edition = policies.edition
        for key, expected in self._judged.expected.items():
            if key not in self._values:
                self._timers.arm(key, expected)

    def complete_until(self, at: int) -> int:
        """The instant (ms) before which every breach that is due is announced, if none lapsed by `at` waits.

        No later than the first instant of a ticket that waits for a calendar year.
        """
        return max(0, min([at, *self._waiting.values()]))

    def restore(self, key: str, value: bytes | None) -> None:
        """Take one changelog record, in log order; None: a tombstone. Raises UnreadableStateError."""
        if value is None:
            self._forget(key)
            return
        head = state.header(value)
        self.reflects = head.reflects  # the latest counts, even if lower: then the input was begun anew
        wake = head.wake_at
        if head.edition != self._edition:  # the policies have changed: evaluate the state again at once
            value, wake = state.rewake(value, head.at), head.at
        known = self._values.get(key)
        self._keep(key, value, wake, state.header(known).wake_at if known else NEVER)
        self._note_waiting(key, head.waits_from)

    def step(
        self, arrivals: Sequence[Arrival], *, at: int, now: int, offset: int, grace: int, most: int = 2_000
    ) -> Step:
        """Evaluate the states with `arrivals`, and up to `most` states whose deadline lapsed.

        `at`: the instant to judge at, watermark - grace. `offset`: the last input offset consumed. `now`: the
        instant of detection. Instants and lengths in ms. Raises UnreadableStateError.
        """
        step, moment = Step(), StepTime(at, now, offset, grace)
        for key, one in self._take(step, arrivals).items():
            if one.news or one.is_full or (one.is_repeated and now - one.known.seen_at > SEEN_AGAIN_MS):
                one.known.seen_at = now
                self._look(step, key, one.known, one.news, moment, anew=one.is_replaced)
        step.shown_by_records = len(step.announcements)
        weight = 0
        for key in self._timers.take(at, most):
            value = self._values.get(key)
            if value is None:
                if key not in self._judged.expected:
                    continue
            elif not has_lapsed(wake_at := state.header(value).wake_at, at):
                continue
            elif weight > HEAVY_BYTES:
                self._timers.arm(key, wake_at)
                continue
            else:
                weight += len(value)
            self._look(step, key, self.open(key), None, moment)
        return step

    def _take(self, step: Step, arrivals: Sequence[Arrival]) -> dict[str, _Opened[S]]:
        """Add each arrival to the state of its ticket or desk. Returns these states by key."""
        opened: dict[str, _Opened[S]] = {}
        for index, (key, fact) in enumerate(arrivals):
            one = opened.get(key)
            if one is None:
                one = opened[key] = _Opened(self.open(key), StateBudget(self.weigh(key), self._largest))
            outcome = self._judged.add(key, one.known, fact, room=one.space.has(fact))
            step.outcomes[outcome] += 1
            if outcome is NEW or outcome is REPLACED:
                one.is_replaced = one.is_replaced or outcome is REPLACED
                one.news.append(fact)
                step.news.append(fact)
                one.space.take(fact)
            elif outcome is FULL:
                one.is_full = self._judged.forgets_when_full
                step.refused.append(index)
            else:
                one.is_repeated = True
        return opened

    def _look(
        self,
        step: Step,
        key: str,
        known: S,
        arrived: list[Fact] | None,
        moment: StepTime,
        *,
        anew: bool = False,
    ) -> None:
        """Evaluate one ticket or desk, announce the changes, and keep its state.

        `arrived` is None when no record came; `anew`: judge all clocks.
        """
        before = self._values.get(key)
        head = state.header(before) if before else Header(-1, moment.at, NEVER, self._edition)
        if head.at > moment.at:  # never judge earlier than before, perhaps by another process
            moment = replace(moment, at=head.at)
        judged_at = head.at if before and head.edition == self._edition and not anew else None
        found = self._judged.evaluate(key, known, arrived or (), moment, before=before, judged_at=judged_at)
        step.announcements += found.announcements
        step.unjudged += found.unjudged
        step.exempt += found.exempt
        if has_lapsed(found.forget_at, found.at):
            self._forget(key)
            step.changes[key] = None
            return
        wake = min(found.wake_at, found.forget_at)
        judged = Header(moment.offset, found.at, wake, self._edition, found.waits_from, found.latest)
        value = state.encode(known, judged)
        if arrived is not None or found.announcements or head.edition != self._edition:
            step.changes[key] = value
        self._keep(key, value, wake, head.wake_at)
        self._note_waiting(key, found.waits_from)

    def _keep(self, key: str, value: bytes, wake: int, known_wake: int) -> None:
        self._values[key] = value
        if wake not in (NEVER, known_wake):
            self._timers.arm(key, wake)

    def _note_waiting(self, key: str, since: int) -> None:
        if since == NEVER:
            self._waiting.pop(key, None)
        else:
            self._waiting[key] = since

    def _forget(self, key: str) -> None:
        self._values.pop(key, None)
        self._waiting.pop(key, None)
        if (since := self._judged.expected.get(key)) is not None:
            self._timers.arm(key, since)
