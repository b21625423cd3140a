"""Support desks: how their signs are taken, and what an evaluation of one brings.

There are those that spoke, and those that the policies name and that never did: these have an outage from the
first instant on at which a policy is in force.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from service.sla import state
from service.sla.cause import Causes
from service.sla.changes import announcement, changes, latest_of
from service.sla.desks import desk
from service.sla.desks.desk import Desk
from service.sla.desks.outages import judge_desk, out_at
from service.sla.facts import Fact
from service.sla.history import FULL, NEW, REPEATED, Outcome
from service.sla.judge import Judgement
from service.sla.judged import Evaluation, Moment
from service.sla.partition import Partition
from service.sla.policy import InForce, Policies
from service.sla.retention import wake_at
from service.sla.space import LARGEST_BYTES
from service.sla.state import NEVER
from service.sla.statement import statements

_TIMEOUT_MS = 60_000  # signs of a desk in no policy are kept as if this were its timeout


class _Terms(NamedTuple):
    """What a desk is judged by."""

    policies: list[InForce]  # one after the other
    shortest: int  # of their timeouts, in ms
    longest: int


def _terms(policies: list[InForce]) -> _Terms:
    timeouts = [term.policy.heartbeat_timeout_ms for term in policies]
    return _Terms(policies, min(timeouts), max(timeouts))


def desk_partition(
    policies: Policies, retention: int, owns: Callable[[str], bool], largest: int = LARGEST_BYTES
) -> Partition[Desk]:
    """An empty partition of desks. `retention` in ms; `largest`: bytes that the state of one may have.

    `owns` tells whether the desk of an id belongs here, even if it never spoke.
    """
    return Partition(Desks(policies, retention, owns), largest)


class Desks:
    """As a partition judges them: see Judged."""

    forgets_when_full = True

    def __init__(self, policies: Policies, retention: int, owns: Callable[[str], bool]) -> None:
        """As `desk_partition`."""
        self.policies = policies
        self._retention = retention
        self._named = {state.key(*desk): _terms(policies.of_desk(*desk)) for desk in policies.desks}
        self.expected = {
            key: terms.policies[0].since for key, terms in self._named.items() if owns(state.names(key)[1])
        }

    def empty(self) -> Desk:
        """See Judged."""
        return Desk({}, [], out={})

    def decode(self, value: bytes) -> Desk:
        """See Judged."""
        return desk.decode(value)

    def add(self, key: str, known: Desk, fact: Fact, *, room: bool) -> Outcome:
        """See Judged. A desk that is full forgets, when it is looked at, what time has passed over."""
        if known.is_full(fact) or not room:
            return FULL
        return NEW if known.add(fact, self._terms(key).shortest) else REPEATED

    def evaluate(
        self,
        key: str,
        known: Desk,
        arrived: Sequence[Fact],
        moment: Moment,
        *,
        before: bytes | None,
        judged_at: int | None,
    ) -> Evaluation:
        """See Judged. There are few desks: everything is judged."""
        del judged_at
        at, terms = moment.at, self._terms(key)
        if (outgrown := known.outgrown(terms.longest)) is not None:
            # What is forgotten below no sign changes any more: so it is announced first.
            at = max(at, min(outgrown, moment.now - moment.grace))
        judgement = judge_desk(known, terms.policies, at)

        def digests(signs: Sequence[Fact]) -> set[int]:
            then = desk.decode(before) if before else self.empty()
            for sign in signs:
                then.add(sign, terms.shortest)
            return {statement.digest for statement in statements(judge_desk(then, terms.policies, at), at)}

        found = list(changes(judgement, at, known.announced, Causes(tuple, arrived, digests).of))
        known.announced = latest_of(known.announced, found)
        self._shorten(known, judgement, at, terms.longest)
        tenant, name = state.names(key)
        return Evaluation(
            [announcement(tenant, name, change, moment.now, moment.grace) for change in found],
            at,
            wake_at(judgement, at),
            NEVER if terms.policies else known.seen_at + self._retention,
        )

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
        known.announced = [
            one for one in known.announced if one.cycle >= horizon or (one.cycle, one.clock) in kept
        ]
        known.forget(horizon, timeout)

    def _terms(self, key: str) -> _Terms:
        if key not in self._named:
            return _Terms([], _TIMEOUT_MS, _TIMEOUT_MS)
        return self._named[key]
