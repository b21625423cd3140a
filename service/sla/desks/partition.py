"""A partition of support desks: those that spoke, and those of the policies that never did."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from service.sla import changes as announce
from service.sla import state
from service.sla.cause import Causes
from service.sla.desks import desk
from service.sla.desks.desk import Desk
from service.sla.desks.outages import judge_desk, out_at
from service.sla.evaluation import Moment
from service.sla.facts import Fact
from service.sla.history import Outcome
from service.sla.judge import Judgement, has_lapsed
from service.sla.partition import SEEN_AGAIN, Arrival, Step, edition
from service.sla.policy import InForce, Policies
from service.sla.retention import wake_at
from service.sla.space import LARGEST, Space
from service.sla.state import NEVER, Header, UnreadableStateError
from service.sla.statement import statements

_TIMEOUT = 60_000  # ms; signs of a desk in no policy are kept as if this were its timeout


class _Terms(NamedTuple):
    """What a desk is judged by."""

    policies: list[InForce]  # one after the other
    shortest: int  # of their timeouts, in ms
    longest: int


def _terms(policies: list[InForce]) -> _Terms:
    timeouts = [term.policy.heartbeat_timeout_ms for term in policies]
    return _Terms(policies, min(timeouts), max(timeouts))


class DeskPartition:
    """The desks of one input partition. A step changes memory at once: drop it if a commit fails.

    There are few of them, so nothing indexes their instants.
    """

    def __init__(
        self, policies: Policies, retention: int, owns: Callable[[str], bool], largest: int = LARGEST
    ) -> None:
        """`retention` in ms; `owns` tells whether the desk of an id belongs here, even if it never spoke.

        `largest`: bytes that the state of a desk may have.
        """
        self._retention = retention
        self._largest = largest
        self._edition = edition(policies)
        self._desks: dict[str, bytes] = {}
        self._named = {state.key(*desk): _terms(policies.of_desk(*desk)) for desk in policies.desks}
        self._first_wakes = {
            key: terms.policies[0].since for key, terms in self._named.items() if owns(state.names(key)[1])
        }
        self._wakes = dict(self._first_wakes)  # ms; of desks that may have something to tell one day
        self.reflects = -1  # the input offset up to which restored state has it all

    def __len__(self) -> int:
        return len(self._desks)

    @property
    def armed(self) -> int:
        """How many desks wait for an instant."""
        return len(self._wakes)

    def weigh(self, key: str) -> int:
        """Bytes of a desk's state; 0: it has none."""
        return len(self._desks.get(key, b""))

    def next_at(self) -> int | None:
        """The earliest instant t (ms) so that a step with `at` > t may have something to tell."""
        return min(self._wakes.values(), default=None)

    def restore(self, key: str, value: bytes | None) -> None:
        """Take one changelog record, in log order; None: a tombstone. Raises UnreadableStateError."""
        if value is None:
            self._forget(key)
            return
        head = state.header(value)
        self.reflects = head.reflects  # see Partition
        if head.edition == self._edition:
            self._keep(key, value, head.wake_at)
        else:  # other policies may see it otherwise
            self._keep(key, state.rewake(value, head.at), head.at)

    def step(
        self, arrivals: Sequence[Arrival], *, at: int, now: int, offset: int, grace: int, most: int = 2_000
    ) -> Step:
        """Judge the desks of `arrivals`, and up to `most` whose deadline lapsed: see Partition.step."""
        step = Step()
        desks: dict[str, Desk] = {}
        spaces: dict[str, Space] = {}
        news: dict[str, list[Fact]] = {}
        for index, (key, sign) in enumerate(arrivals):
            known = desks.get(key)
            if known is None:
                known = desks[key] = self.open(key)
                spaces[key] = Space(self.weigh(key), self._largest)
            outcome = Outcome.REPEATED
            if known.is_full(sign) or not spaces[key].has(sign):
                step.refused.append(index)
                outcome = Outcome.FULL
                news.setdefault(key, [])  # looked at, it forgets what time has passed over
            elif known.add(sign, self._terms(key).shortest):
                outcome = Outcome.NEW
                news.setdefault(key, []).append(sign)
                spaces[key].take(sign)
            elif now - known.seen_at > SEEN_AGAIN:
                news.setdefault(key, [])
            step.outcomes[outcome] += 1
        moment = Moment(at, now, offset, grace)
        for key, arrived in news.items():
            desks[key].seen_at = now
            self._look(step, key, desks[key], arrived, moment)
        step.shown_by_records = len(step.announcements)
        due = sorted((wake, key) for key, wake in self._wakes.items() if wake < at)
        for _, key in due[:most]:
            self._look(step, key, self.open(key), None, moment)
        return step

    def open(self, key: str) -> Desk:
        """The desk as it was kept last, for the caller to change; an empty one when it never spoke."""
        value = self._desks.get(key)
        try:
            return Desk({}, [], out={}) if value is None else desk.decode(value)
        except UnreadableStateError as error:
            raise UnreadableStateError(str(error), key) from None

    def _look(self, step: Step, key: str, known: Desk, arrived: list[Fact] | None, moment: Moment) -> None:
        """Judge one desk, tell what changed, keep its state. `arrived` is None when no record came."""
        before = self._desks.get(key)
        head = state.header(before) if before else Header(-1, moment.at, NEVER, self._edition)
        at = max(moment.at, head.at)  # see Partition: never judge earlier than was told
        terms = self._terms(key)
        if (outgrown := known.outgrown(terms.longest)) is not None:
            # What is forgotten below no sign changes any more: so it is told first.
            at = max(at, min(outgrown, moment.now - moment.grace))
        judgement = judge_desk(known, terms.policies, at)

        def digests(signs: Sequence[Fact]) -> set[int]:
            then = self.open(key)
            for sign in signs:
                then.add(sign, terms.shortest)
            return {statement.digest for statement in statements(judge_desk(then, terms.policies, at), at)}

        changes = list(announce.changes(judgement, at, known.told, Causes(tuple, arrived or (), digests).of))
        tenant, name = state.names(key)
        step.announcements += [
            announce.announcement(tenant, name, change, moment.now, moment.grace) for change in changes
        ]
        told = {latest.key: latest for latest in [*known.told, *[change.told for change in changes]]}
        known.told = list(told.values())
        self._shorten(known, judgement, at, terms.longest)
        forget = NEVER if terms.policies else known.seen_at + self._retention
        if has_lapsed(forget, at):
            self._forget(key)
            step.changes[key] = None
            return
        wake = min(wake_at(judgement, at), forget)
        value = state.encode(known, Header(moment.offset, at, wake, self._edition))
        if arrived is not None or changes or head.edition != self._edition:
            step.changes[key] = value
        self._keep(key, value, wake)

    def _shorten(self, known: Desk, judgement: Judgement, at: int, timeout: int) -> None:
        """Forget what ended longer ago than the retention, or makes the state too large."""
        horizon = at - self._retention
        instants = known.instants
        if (outgrown := known.outgrown(timeout)) is not None:
            horizon = max(horizon, min(outgrown, at))
        if horizon <= known.horizon or not instants or instants[0] + timeout >= horizon:
            return
        known.out = out_at(judgement, horizon)
        kept = {(run.cycle.number, run.clock.name) for run in judgement.runs if run.outlasts(horizon)}
        known.told = [
            told for told in known.told if told.cycle >= horizon or (told.cycle, told.clock) in kept
        ]
        known.forget(horizon, timeout)

    def _terms(self, key: str) -> "_Terms":
        if key not in self._named:
            return _Terms([], _TIMEOUT, _TIMEOUT)
        return self._named[key]

    def _keep(self, key: str, value: bytes, wake: int) -> None:
        self._desks[key] = value
        if wake == NEVER:
            self._wakes.pop(key, None)
        else:
            self._wakes[key] = wake

    def _forget(self, key: str) -> None:
        self._desks.pop(key, None)
        self._wakes.pop(key, None)
        if key in self._first_wakes:
            self._wakes[key] = self._first_wakes[key]
