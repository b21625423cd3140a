"""What a look at a ticket brings: the news, what to remember of them, when to look again."""

from collections.abc import Callable, Sequence

import msgspec

from service.sla.announcement import Announcement
from service.sla.cause import Causes
from service.sla.changes import Told, announcement, changes
from service.sla.facts import Fact
from service.sla.judge import judge_unique
from service.sla.policy import Policies
from service.sla.retention import forget_at, wake_at
from service.sla.state import Ticket
from service.sla.statement import statements


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When a step takes place, and which input it reflects. Instants and lengths in ms."""

    at: int
    now: int  # the instant of detection
    offset: int
    grace: int


class Outlook(msgspec.Struct, frozen=True, gc=False):
    """Instants in ms, or NEVER."""

    announcements: list[Announcement]
    told: list[Told]  # all that was told then; empty when there is no news
    wake_at: int  # after it, there may be news without a fact
    forget_at: int  # after it, the ticket is forgotten
    unjudged: int = 0  # cycles that began and that no policy judges


def outlook(
    name: tuple[str, str],
    ticket: Ticket,
    arrived: Sequence[Fact],
    before: Callable[[], Sequence[Fact]],
    policies: Policies,
    retention: int,
    moment: Moment,
) -> Outlook:
    """Judge all of a ticket.

    `name`: tenant and ticket id; `arrived`: its new facts; `before`: gives those it had; `retention` in ms.
    """
    at = moment.at
    tenant, ticket_id = name
    judgement = judge_unique(ticket.facts, policies, tenant, at)

    def digests(facts: Sequence[Fact]) -> set[int]:
        then = judge_unique(facts, policies, tenant, at)
        return {statement.digest for statement in statements(then, at)}

    causes = Causes(before, arrived, digests)
    found = list(changes(judgement, at, ticket.told, causes.of))
    told = {latest.key: latest for latest in [*ticket.told, *[change.told for change in found]]}
    return Outlook(
        [announcement(tenant, ticket_id, change, moment.now, moment.grace) for change in found],
        list(told.values()) if found else [],
        wake_at(judgement, at),
        forget_at(ticket, judgement, retention),
        sum(
            cycle.policy is None and any(fact is cycle.facts[0] for fact in arrived)
            for cycle in judgement.cycles
        ),
    )
