"""How many open tickets there are of each kind: what the filters offer, and the figures at the top."""

from collections import Counter

from service.board.summary import ATTRIBUTES, Summary
from service.sla.state import names

SILENT = "silent"  # beside the conditions: nobody has touched it for too long
FACETS = ("state", "clock", "tenant", "policy", *ATTRIBUTES)


class Census:
    """Counts by facet and value. A ticket may count under several values of one facet."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
        self.total = 0

    def add(self, summary: Summary, by: int) -> None:
        """Count a ticket in (1) or out (-1)."""
        self.total += by
        for facet in FACETS:
            for value in values(summary, facet):
                counter = self.counts[facet]
                counter[value] += by
                if not counter[value]:
                    del counter[value]


def values(summary: Summary, facet: str) -> tuple[str, ...]:
    """What a ticket is under one of FACETS."""
    if facet == "state":
        return (summary.condition, SILENT) if summary.silent else (summary.condition,)
    if facet == "clock":
        return summary.clocks
    if facet == "tenant":
        return (names(summary.key)[0],)
    if facet == "policy":
        return (summary.policy,)
    value = summary.attributes[ATTRIBUTES.index(facet)]
    return () if value is None else (value,)
