"""Takes the signs of support desks, and evaluates the desks.

Desks without any sign are evaluated as well, if a policy names them. Such a desk has an outage from the first
instant at which a policy is in force.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from service.sla import state
from service.sla.cause import Causes, policies_since
from service.sla.changes import About, announcement, changes, told_after
from service.sla.desks import desk
from service.sla.desks.desk import Desk
from service.sla.desks.outages import judge_desk, out_at
from service.sla.evaluator import Evaluation, StepTime
from service.sla.facts import Fact
from service.sla.history import FULL, NEW, REPEATED, Outcome
from service.sla.judge import Judgement
from service.sla.partition import Partition
from service.sla.policy import InForce, Policies
from service.sla.retention import wake_at
from service.sla.state import NEVER
from service.sla.state_budget import LARGEST_BYTES
from service.sla.statement import statements
from service.sla.told import Mark, marks

_TIMEOUT_MS = 60_000  # for the signs of a desk that no policy names


class _Terms(NamedTuple):
    """The policies of a desk, and their timeouts."""

    policies: list[InForce]  # in order of time
    shortest: int  # timeout of the policies, in ms
    longest: int


def _terms(policies: list[InForce]) -> _Terms:
    timeouts = [term.policy.heartbeat_timeout_ms for term in policies]
    return _Terms(policies, min(timeouts), max(timeouts))


def desk_partition(
    policies: Policies, retention: int, owns: Callable[[str], bool], largest: int = LARGEST_BYTES
) -> Partition[Desk]:
    """An empty partition of desks. `retention` in ms; `largest`: bytes that the state of one may have.

    `owns` says whether the desk with an id belongs to the partition, also without any sign.
    """
    return Partition(Desks(policies, retention, owns), largest)


class Desks:
    """Judges the desks of a partition: see Evaluator."""

    forgets_when_full = True

    def __init__(self, policies: Policies, retention: int, owns: Callable[[str], bool]) -> None:
        """Parameters as in `desk_partition`."""
        self._retention = retention
        self._owns = owns
        self.adopt(policies)

    def adopt(self, policies: Policies) -> None:
        """See Evaluator."""
        self.policies = policies
        self._named = {state.key(*desk): _terms(policies.of_desk(*desk)) for desk in policies.desks}
        self.expected = {
            key: terms.policies[0].since
            for key, terms in self._named.items()
            if self._owns(state.names(key)[1])
        }

    def empty(self) -> Desk:
        """See Evaluator."""
        return Desk({}, [], out={})

    def decode(self, value: bytes) -> Desk:
        """See Evaluator."""
        return desk.decode(value)

    def add(self, key: str, known: Desk, fact: Fact, *, room: bool) -> Outcome:
        """See Evaluator. A full desk forgets old signs at its next evaluation."""
        if known.is_full(fact) or not room:
            return FULL
        return NEW if known.add(fact, self._terms(key).shortest) else REPEATED

    def evaluate(
        self,
        key: str,
        known: Desk,
        arrived: Sequence[Fact],
        moment: StepTime,
        *,
        before: bytes | None,
        judged_at: int | None,
    ) -> Evaluation:
        """See Evaluator. All of a desk is judged each time, because there are few desks."""
        del judged_at
        at, terms = moment.at, self._terms(key)
        if (outgrown := known.outgrown(terms.longest)) is not None:
            # Forgotten time can no longer change, so its outages are announced first.
            at = max(at, min(outgrown, moment.now - moment.grace))
        judgement = judge_desk(known, terms.policies, at)

        def marks_of(signs: Sequence[Fact]) -> set[Mark]:
            then = desk.decode(before) if before else self.empty()
            for sign in signs:
                then.add(sign, terms.shortest)
            return marks(statements(judge_desk(then, terms.policies, at), at))

        causes = Causes(tuple, arrived, marks_of, policies_since(before, self.policies))
        found = list(changes(judgement, at, known.told, causes))
        known.announced = list(told_after(known.told, found).announced)
        self._shorten(known, judgement, at, terms.longest)
        tenant, name = state.names(key)
        return Evaluation(
            [announcement(About(tenant, name), change, moment.now, moment.grace) for change in found],
            at,
            wake_at(judgement, at),
            NEVER if terms.policies else known.seen_at + self._retention,
            min((run.started_at for run in judgement.runs if run.is_undated), default=NEVER),
        )

    def _shorten(self, known: Desk, judgement: Judgement, at: int, timeout: int) -> None:
        """Forget signs and outages that ended before the retention, or that make the state too large."""
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
