"""Says when no policy judges any ticket of a file: which instants, and which policies there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.instant import written
from service.sla.judge import Judgement
from service.sla.policy import Policies


@dataclass
class Unjudged:
    """The cycles so far that no policy judges, or that are judged. Instants in ms."""

    cycles: int = 0
    is_any_judged: bool = False
    starts: list[int] = field(default_factory=list)  # the earliest and the latest start

    def add(self, judgement: Judgement) -> None:
        """Count one ticket."""
        for cycle in judgement.cycles:
            self.cycles += 1
            self.is_any_judged = self.is_any_judged or cycle.policy is not None
            known = [*self.starts, cycle.origin]
            self.starts = [min(known), max(known)]

    @property
    def span(self) -> tuple[str, str] | None:
        """The earliest and the latest start of the cycles, if no policy judges any; else None."""
        if not self.cycles or self.is_any_judged:
            return None
        first, last = self.starts
        return written(first), written(last)


def named_policies(policies: Policies) -> Sequence[str]:
    """Return `letter-1 version 1 from 2026-01-01T00:00:00.000Z` of each version for tickets."""
    return [
        f"{one.id} version {one.version} from {written(one.effective_from)}"
        for one in policies.versions
        if not one.desks
    ]


def unjudged_line(span: tuple[str, str], policies: Policies) -> str:
    """Return the line that says that no policy judges a file's tickets, which begin in `span`."""
    first, last = span
    known = ", ".join(named_policies(policies)) or "none"
    return f"no policy judges any ticket: they begin from {first} to {last}; the policies are: {known}"
