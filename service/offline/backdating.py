"""What policies that are already in force when they are published change of what was announced."""

from service.sla.judge import judge
from service.sla.policy import Policies
from service.sla.state import Ticket
from service.sla.statement import Key, statements
from service.sla.told import Mark


class Backdating:
    """Counts the announcements that other policies would change, ticket by ticket."""

    def __init__(self, before: Policies, after: Policies) -> None:
        """Take the policies that judge, and those that would judge."""
        self._before, self._after = before, after
        self.changed = 0  # announcements that stand, and that would be corrected, retracted or replaced
        self.added = 0  # announcements that would be made
        self.tickets = 0  # with any of them

    def add(self, tenant: str, ticket: Ticket, at: int) -> None:
        """Count what changes of one ticket, judged at `at` (ms)."""
        standing = {latest.key for latest in ticket.announced if latest.stands}
        before, after = (self._marks(tenant, ticket, at, by) for by in (self._before, self._after))
        differs = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        self.changed += len(differs & standing)
        self.added += len(differs & {*after} - standing)
        self.tickets += bool(differs)

    def _marks(self, tenant: str, ticket: Ticket, at: int, by: Policies) -> dict[Key, Mark]:
        found = statements(judge(ticket.facts, by, tenant, at), at)
        standing = {latest.key for latest in ticket.announced if latest.stands}
        told = [one for one in found if one.timely or one.key in standing]
        return {one.key: (one.digest, one.attributes) for one in told}

    def __str__(self) -> str:
        """Return one line for people."""
        return (
            f"takes effect in the past: changes {self.changed} standing announcements "
            f"and adds {self.added}, of {self.tickets} tickets that are remembered"
        )
