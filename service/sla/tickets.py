"""Takes the facts of tickets, and evaluates the tickets."""

from collections.abc import Mapping, Sequence

from service.sla import history
from service.sla.cause import Causes, policies_since
from service.sla.changes import About, announcement, changes, told_after
from service.sla.evaluator import Evaluation, StepTime
from service.sla.facts import Fact
from service.sla.history import Outcome, is_appended, lead, standing
from service.sla.judge import judge_cycles, judge_unique
from service.sla.partition import Partition
from service.sla.policy import Policies
from service.sla.retention import forget_at, waits_from, wake_at
from service.sla.state import NEVER, Ticket, decode, names
from service.sla.state_budget import LARGEST_BYTES
from service.sla.statement import statements
from service.sla.timeline import Cycle, cycles_of
from service.sla.told import Mark, marks
from service.sla.touched import Touched, judge_touched


def ticket_partition(policies: Policies, retention: int, largest: int = LARGEST_BYTES) -> Partition[Ticket]:
    """An empty partition of tickets. `retention` in ms; `largest`: bytes that the state of one may have."""
    return Partition(Tickets(policies, retention), largest)


class Tickets:
    """Judges the tickets of a partition: see Evaluator."""

    forgets_when_full = False
    expected: Mapping[str, int] = {}

    def __init__(self, policies: Policies, retention: int) -> None:
        """`retention` in ms."""
        self.policies = policies
        self._retention = retention

    def adopt(self, policies: Policies) -> None:
        """See Evaluator."""
        self.policies = policies

    def empty(self) -> Ticket:
        """See Evaluator."""
        return Ticket([], [])

    def decode(self, value: bytes) -> Ticket:
        """See Evaluator."""
        return decode(value)

    def add(self, key: str, known: Ticket, fact: Fact, *, room: bool) -> Outcome:
        """See Evaluator."""
        del key
        return history.add(known.facts, fact, room=room)

    def evaluate(
        self,
        key: str,
        known: Ticket,
        arrived: Sequence[Fact],
        moment: StepTime,
        *,
        before: bytes | None,
        judged_at: int | None,
    ) -> Evaluation:
        """See Evaluator. Only clocks that may have changed are judged: see touched.py."""
        at, policies = moment.at, self.policies
        tenant, ticket_id = names(key)
        facts = lead(standing(known.facts))
        cycles = cycles_of(facts, policies, tenant)
        unchanged = 0  # facts that were judged before, if the new facts were merely appended
        if judged_at is not None and is_appended(arrived, known.facts, facts):
            unchanged = len(facts) - len(arrived)
        if before is None:
            known.epoch = moment.now
        told = known.told
        if unchanged or not told.announced:
            touched = judge_touched(cycles, policies, at, judged_at or 0, unchanged)
        else:  # any announcement may be wrong by now
            touched = Touched(judge_cycles(cycles, policies, at), set(), None, is_endless=False)
        judgement, untouched = touched.judgement, touched.untouched

        def earlier() -> list[Fact]:
            return decode(before).facts if before else []

        def marks_of(facts: Sequence[Fact]) -> set[Mark]:
            return marks(statements(judge_unique(facts, policies, tenant, at), at))

        causes = Causes(earlier, arrived, marks_of, policies_since(before, policies))
        found = list(changes(judgement, at, told.without(untouched) if untouched else told, causes))
        if found:
            known.tell(told_after(told, found))
        about = About(tenant, ticket_id, known.epoch)
        return Evaluation(
            [announcement(about, change, moment.now, moment.grace) for change in found],
            at,
            min(wake_at(judgement, at), NEVER if touched.quiet_until is None else touched.quiet_until),
            NEVER if touched.is_endless else forget_at(known.seen_at, judgement, cycles, self._retention),
            waits_from(cycles),
            max([fact.time for fact in known.facts], default=NEVER),
            *(_unjudged(cycles, arrived) if arrived else ((), ())),
        )


def _unjudged(cycles: Sequence[Cycle], arrived: Sequence[Fact]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The agreements under which a new cycle has no policy, and those under which it is exempt."""
    unjudged = [cycle for cycle in cycles if cycle.policy is None or cycle.policy.exempt]
    begun = [cycle for cycle in unjudged if any(fact is cycle.facts[0] for fact in arrived)]
    without = tuple(cycle.agreement for cycle in begun if cycle.policy is None)
    return without, tuple(cycle.agreement for cycle in begun if cycle.policy is not None)
