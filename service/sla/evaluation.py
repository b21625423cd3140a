"""An evaluation of a ticket: what is news of it, what was announced of it in all, and when to look again."""

from collections.abc import Callable, Sequence

import msgspec

from service.sla.announcement import Announcement
from service.sla.cause import Causes
from service.sla.changes import Change, Told, announcement, changes
from service.sla.facts import Fact
from service.sla.history import is_appended, lead, standing
from service.sla.judge import judge_timeline, judge_unique
from service.sla.policy import Policies
from service.sla.retention import forget_at, wake_at
from service.sla.state import NEVER, Ticket
from service.sla.statement import statements
from service.sla.timeline import Timeline
from service.sla.touched import Touched, judge_touched


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When a step takes place, and which input it reflects. Instants and lengths in ms."""

    at: int
    now: int  # the instant of detection
    offset: int
    grace: int


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """Instants in ms, or NEVER."""

    announcements: list[Announcement]
    told: list[Told]  # all that was announced by then; empty when there is no news
    wake_at: int  # after it, there may be news without a fact
    forget_at: int  # after it, the ticket is forgotten
    unjudged: int = 0  # cycles that began and that no policy judges


def evaluate(
    name: tuple[str, str],
    ticket: Ticket,
    arrived: Sequence[Fact],
    before: Callable[[], Sequence[Fact]],
    policies: Policies,
    retention: int,
    moment: Moment,
    judged_at: int | None,
) -> Evaluation:
    """Judge what can have changed of a ticket, and compare it with what was announced.

    `name`: tenant and ticket id; `arrived`: its new facts; `before`: gives the facts it had; `retention` in
    ms; `judged_at`: the instant (ms) at which the same policies judged the facts it had. None: they did not,
    or one of these facts has other content now.
    """
    at = moment.at
    tenant, ticket_id = name
    facts = lead(standing(ticket.facts))
    timeline = Timeline.of(facts, policies, tenant)
    known = 0  # facts that were judged, and to which the others were merely appended
    if judged_at is not None and is_appended(arrived, ticket.facts, facts):
        known = len(facts) - len(arrived)
    told = ticket.told
    if known or not told:
        touched = judge_touched(timeline, at, judged_at or 0, known)
    else:  # any of what was announced may be wrong by now
        touched = Touched(judge_timeline(timeline, at), set(), None, is_endless=False)
    judgement, untouched = touched.judgement, touched.untouched
    if untouched and told:
        told = [latest for latest in told if (latest.cycle, latest.clock) not in untouched]

    def digests(facts: Sequence[Fact]) -> set[int]:
        then = judge_unique(facts, policies, tenant, at)
        return {statement.digest for statement in statements(then, at)}

    found = list(changes(judgement, at, told, Causes(before, arrived, digests).of))
    return Evaluation(
        [announcement(tenant, ticket_id, change, moment.now, moment.grace) for change in found],
        _announced(ticket, found) if found else [],
        min(wake_at(judgement, at), NEVER if touched.quiet_until is None else touched.quiet_until),
        NEVER if touched.is_endless else forget_at(ticket.seen_at, judgement, timeline, retention),
        _unjudged(timeline, arrived) if arrived else 0,
    )


def _announced(ticket: Ticket, found: Sequence[Change]) -> list[Told]:
    """The latest of each breach id."""
    latest = {one.key: one for one in ticket.told}
    for change in found:
        told = change.told
        latest[told.key] = told
    return list(latest.values())


def _unjudged(timeline: Timeline, arrived: Sequence[Fact]) -> int:
    begun = [cycle.facts[0] for cycle in timeline.cycles if cycle.policy is None]
    return sum(any(fact is start for fact in arrived) for start in begun)
