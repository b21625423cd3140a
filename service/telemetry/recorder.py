"""What becomes of the metrics when something was committed."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from service.sla.partition import Step
from service.telemetry.metrics import FIRED, OF_CLOCK, WHOLE_CLOCK, Metrics


class Meter:
    """Observes the owners of partitions for the metrics: see service.kafka.exactly_once.observer."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lateness = cache(metrics.lateness.labels)

    def committed(
        self, partition: int, steps: Sequence[Step], records: int, now: int, seconds: float
    ) -> None:
        """A transaction of `steps` committed at `now` (ms) after `seconds`; it took so many `records`."""
        del partition
        self._metrics.transactions.observe(seconds)
        self._metrics.processed.inc(records)
        for step in steps:
            self._count(step, now)

    def _count(self, step: Step, now: int) -> None:
        self._metrics.undecided.inc(step.unjudged)
        for outcome, count in step.outcomes.items():
            self._metrics.facts.labels(outcome.value).inc(count)
        # Looking a label set up takes longer than counting: once for all that is alike.
        said = Counter((told.type, told.clock, told.level) for told in step.announcements)
        for (type_, clock, level), count in said.items():
            labels = (clock,) if type_ in OF_CLOCK else (clock, level or WHOLE_CLOCK)
            self._metrics.announced[type_].labels(*labels).inc(count)
        for told in step.announcements[step.shown_by_records :]:
            if told.type in FIRED and told.due_at is not None:
                self._lateness(told.clock, told.level or WHOLE_CLOCK).observe((now - told.due_at) / 1_000)

    def rejected(self, partition: int, reason: str) -> None:
        """A record was put aside."""
        del partition
        self._metrics.rejections.labels(reason).inc()

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        """A partition is judged again after `seconds`."""
        del partition, restored
        self._metrics.restore.observe(seconds)

    def aborted(self, partition: int) -> None:
        """A transaction was given up."""
        del partition
        self._metrics.aborts.inc()

    def lost(self, partition: int, error: str) -> None:
        """A transaction, or an attempt to acquire a partition, failed."""
        del partition, error
        self._metrics.losses.inc()

    def fenced(self, partition: int) -> None:
        """Another process has taken a partition over."""
        del partition
        self._metrics.fences.inc()

    def assigned(self, partitions: int) -> None:
        """The group gave us partitions."""
        del partitions
        self._metrics.rebalances.inc()
