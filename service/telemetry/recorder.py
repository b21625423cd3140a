"""Updates the metrics at every commit and other event of a partition's owner."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from service.sla.announcement import Type
from service.sla.partition import Step
from service.telemetry import metric_names
from service.telemetry.fact_delays import FactDelays
from service.telemetry.metric_names import ANNOUNCED
from service.telemetry.metrics import WHOLE_CLOCK, Metrics

_FIRED = (Type.BREACHED, Type.AT_RISK)


class Recorder:
    """The observer of partition owners that updates the metrics: see service.kafka.exactly_once.observer."""

    def __init__(self, metrics: Metrics, grace: int) -> None:
        """Observe for `metrics`. `grace` (ms): how long a deadline waits before it is announced."""
        self._metrics = metrics
        self._late_from = grace + metric_names.TOLD_LATE_MS
        metrics[metric_names.GRACE].set(grace / 1_000)
        self._lateness = cache(metrics[metric_names.LATENESS].labels)
        self._delays = FactDelays(metrics)

    def committed(self, steps: Sequence[Step], records: int, now: int, seconds: float) -> None:
        """Count a transaction of `steps` that committed at `now` (ms) after `seconds`, with `records`."""
        self._metrics[metric_names.TRANSACTION].observe(seconds)
        self._metrics[metric_names.RECORDS_PROCESSED].inc(records)
        for step in steps:
            self._count(step, now)

    def _count(self, step: Step, now: int) -> None:
        for agreement in step.unjudged:
            self._metrics[metric_names.TICKETS_WITHOUT_POLICY].labels(agreement).inc()
        for agreement in step.exempt:
            self._metrics[metric_names.TICKETS_EXEMPT].labels(agreement).inc()
        for outcome, count in step.outcomes.items():
            self._metrics[metric_names.FACTS].labels(outcome.value).inc(count)
        self._delays.count(step.news)
        # Looking up a label set takes longer than counting: count equal announcements first.
        said = Counter((told.type, told.clock, told.level, told.reason) for told in step.announcements)
        for (type_, clock, level, reason), count in said.items():
            row = ANNOUNCED[type_]
            known = {"clock": clock, "level": level or WHOLE_CLOCK, "reason": reason}
            self._metrics[row].labels(*(known[name] for name in row.labels)).inc(count)
        for told in step.announcements[step.shown_by_records :]:
            if told.type in _FIRED and told.true_at is not None:
                late = now - told.true_at
                self._lateness(told.clock, told.level or WHOLE_CLOCK).observe(late / 1_000)
                if late > self._late_from:
                    self._metrics[metric_names.TOLD_LATE].inc()

    def rejected(self, reason: str) -> None:
        """Count a record that was sent to the dead-letter topic."""
        self._metrics[metric_names.RECORDS_REJECTED].labels(reason).inc()

    def fitted(self, field: str, fitting: str) -> None:
        """Count a code that did not fit as it came."""
        self._metrics[metric_names.CODES_FITTED].labels(field, fitting).inc()

    def acquired(self, partition: int, restored: int, seconds: float) -> None:
        """Observe that a partition is judged again after `seconds`."""
        del partition, restored
        self._metrics[metric_names.RESTORE].observe(seconds)

    def aborted(self) -> None:
        """Count an aborted transaction."""
        self._metrics[metric_names.TRANSACTIONS_ABORTED].inc()

    def lost(self) -> None:
        """Count a failed transaction, or a failed attempt to acquire a partition."""
        self._metrics[metric_names.PARTITIONS_LOST].inc()

    def fenced(self) -> None:
        """Count a partition that another process has taken over."""
        self._metrics[metric_names.FENCED].inc()

    def assigned(self, partitions: int) -> None:
        """Count a rebalance: the group assigned partitions to this process."""
        del partitions
        self._metrics[metric_names.REBALANCES].inc()
