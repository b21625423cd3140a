"""Measures by source how late facts come into the log, and counts the facts that lie ahead of it.

A source is a publisher's text: only the first few have series of their own, and hidden characters are shown
as code points.
"""

from collections.abc import Iterable
from typing import NamedTuple

from prometheus_client import Counter, Histogram

from service.sla.facts import Fact
from service.telemetry.metric_names import (
    AHEAD_LIMIT_MS,
    FACT_DELAY,
    FACTS_AHEAD,
    MOST_SOURCES,
    OTHER_SOURCES,
)
from service.telemetry.metrics import Metrics
from service.text.visible import visible


class _Series(NamedTuple):
    """The series of one source. Looking them up takes longer than counting."""

    delay: Histogram
    ahead: Counter


class FactDelays:
    """The delays of one process."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._sources: dict[str, _Series] = {}
        self._others = self._series(OTHER_SOURCES)

    def count(self, facts: Iterable[Fact]) -> None:
        """Count each of `facts`. A fact that lies ahead has no delay."""
        for fact in facts:
            series = self._sources.get(fact.source) or self._first_of(fact.source)
            delay = fact.recorded_at - fact.time
            series.delay.observe(max(0, delay) / 1_000)
            if delay < -AHEAD_LIMIT_MS:
                series.ahead.inc()

    def _first_of(self, source: str) -> _Series:
        if len(self._sources) >= MOST_SOURCES:
            return self._others
        series = self._sources[source] = self._series(visible(source))
        return series

    def _series(self, source: str) -> _Series:
        return _Series(self._metrics[FACT_DELAY].labels(source), self._metrics[FACTS_AHEAD].labels(source))
