"""The tally of judgements, ticket by ticket. Pure: the order of tickets makes no difference."""

from collections import Counter, defaultdict
from datetime import tzinfo
from typing import NamedTuple

from service.offline.unjudged import Unjudged
from service.report.request import Asked, local, period
from service.sla.facts import Kind
from service.sla.judge import STOPPED, Judgement, LevelState, Run
from service.sla.policy import Policy
from service.sla.statement import first_breach_at
from service.sla.timeline import Cycle

_SATISFACTION = int(Kind.SATISFACTION_SUBMITTED)


class GroupKey(NamedTuple):
    """The key that verdicts are counted by. `period` None: the due instant is unknown."""

    period: str | None
    tenant: str
    customer_id: str | None
    clock: str
    level: str


class ClockOfPolicy(NamedTuple):
    """One clock of one policy version: only its own lengths are comparable."""

    clock: str
    policy: str
    version: int


class Unreadable(NamedTuple):
    """What could not be read of a file."""

    tickets: int = 0  # with an unreadable line
    lines: int = 0  # of these tickets
    lines_without_ticket: int = 0
    judged: bool = False  # True: these tickets are judged by their other lines


class Tally:
    """The counts so far. Verdicts, lengths and scores outside the requested range are left out."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.tickets = 0  # all tickets, whatever the range
        self.not_received = 0  # tickets without a receipt or a refusal: nothing is judged
        self.without_policy = 0  # cycles without a policy, by agreement
        self.exempt = 0  # cycles that a policy exempts, by agreement
        self.unjudged = Unjudged()
        self.unreadable = Unreadable()
        self.verdicts: dict[GroupKey, Counter[LevelState]] = defaultdict(Counter)
        self.broken_at: Counter[tuple[int, int]] = Counter()  # breaches by weekday (0 Monday) and hour of due
        self.lengths: dict[ClockOfPolicy, list[int]] = defaultdict(list)  # counted ms from start to stop
        self.scores: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)  # by period and tenant
        self.zones: dict[str, tzinfo] = {}  # by name
        self.policies: dict[tuple[str, int], Policy] = {}

    def add(self, tenant: str, judgement: Judgement) -> None:
        """Count one ticket."""
        if self.asked.tenant not in (None, tenant):
            return
        self.tickets += 1
        self.not_received += not judgement.cycles
        self.unjudged.add(judgement)
        for cycle in judgement.cycles:
            self.without_policy += cycle.policy is None
            self.exempt += cycle.policy is not None and cycle.policy.exempt
            if cycle.agreement == judgement.cycles[0].agreement:  # each score once
                self._satisfaction(tenant, cycle)
        for run in judgement.runs:
            self._run(tenant, run)

    def add_desk(self, tenant: str, judgement: Judgement) -> None:
        """Count the outages of one support desk."""
        if self.asked.tenant in (None, tenant):
            for run in judgement.runs:
                self._run(tenant, run)

    def _run(self, tenant: str, run: Run) -> None:
        asked = self.asked
        zone = asked.zones.of_clock(run.policy, run.clock)
        customer_id = run.cycle.attributes.get("customer_id")
        for level, due_at, state in zip(run.clock.levels, run.dues, run.states, strict=True):
            if due_at is not None and not asked.range.holds(due_at, zone):
                continue
            self.zones[str(zone)] = zone
            self.policies[run.policy.id, run.policy.version] = run.policy
            when = None if due_at is None else period(due_at, zone, asked.by)
            self.verdicts[GroupKey(when, tenant, customer_id, run.clock.name, level.name)][state] += 1
            if state is LevelState.BREACHED and due_at is not None:
                wall = local(due_at, zone)
                self.broken_at[wall.weekday(), wall.hour] += 1
        if run.ending is STOPPED and run.stopped_at is not None and run.applies:
            first_due = first_breach_at(run)
            if first_due is None or asked.range.holds(first_due, zone):
                pace = ClockOfPolicy(run.clock.name, run.policy.id, run.policy.version)
                elapsed = run.clock.calendar.elapsed(run.started_at, run.stopped_at, run.pauses)
                self.lengths[pace].append(elapsed)

    def _satisfaction(self, tenant: str, cycle: Cycle) -> None:
        zone = self.asked.zones.of_policy(cycle.policy)
        for fact in cycle.facts:
            if fact.kind == _SATISFACTION and self.asked.range.holds(fact.time, zone):
                self.scores[period(fact.time, zone, self.asked.by), tenant][int(fact.data["score"])] += 1
