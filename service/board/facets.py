"""The number of open tickets by facet and value: for the filters, and for the figures at the top."""

from collections import Counter

from service.board.summary import ATTRIBUTES, Summary
from service.sla.state import names

SILENT = "silent"  # beside the conditions: the ticket has had no fact for too long
FACETS = ("state", "clock", "tenant", "policy", *ATTRIBUTES)


class Census:
    """Counts of open tickets by facet and value. A ticket may count under several values of one facet."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
        self.total = 0

    def add(self, summary: Summary, by: int) -> None:
        """Add a ticket (`by` 1) or remove it (`by` -1)."""
        self.total += by
        for facet in FACETS:
            for value in values(summary, facet):
                counter = self.counts[facet]
                counter[value] += by
                if not counter[value]:
                    del counter[value]


def values(summary: Summary, facet: str) -> tuple[str, ...]:
    """Return the values of a ticket under one of FACETS."""
    if facet == "state":
        return (summary.condition, SILENT) if summary.silent else (summary.condition,)
    if facet == "clock":
        return summary.clocks
    if facet == "tenant":
        return (names(summary.key)[0],)
    if facet == "policy":
        return summary.policies
    value = summary.attributes[ATTRIBUTES.index(facet)]
    return () if value is None else (value,)
