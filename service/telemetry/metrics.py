"""The metrics of a process: every row of the catalogue, with all its label sets from the start.

Otherwise a rate would miss the first breach.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

from prometheus_client import CollectorRegistry, Info, generate_latest

from schemas.topics import SERVED
from service.sla.announcement import Type
from service.sla.cause import RETRACTED_FOR
from service.sla.history import Outcome
from service.telemetry import metric_names
from service.telemetry.metric_names import (
    ANNOUNCED,
    METRICS,
    OF_CLOCK,
    OF_LEVEL,
    OF_RETRACTION,
    M,
    Metric,
    RefusedConnection,
)

WHOLE_CLOCK = ""  # the level of a corrected `met` or `cancelled`


class PartitionStatus(Protocol):
    """The figures of an owned partition."""

    @property
    def tickets(self) -> int:
        """The number of tickets in memory."""

    @property
    def state(self) -> str:
        """The state of the owner: acquiring, restoring, running and so on."""

    @property
    def armed(self) -> int:
        """The number of armed deadlines."""

    @property
    def overdue_for(self) -> int:
        """How long (ms) the earliest deadline and its grace have passed; 0 when none has."""

    @property
    def complete_until(self) -> int | None:
        """The instant (ms) before which every breach that was due is announced; None while unknown."""

    @property
    def lag(self) -> int:
        """The number of input records that are not processed yet."""

    @property
    def restored(self) -> int:
        """The number of changelog records read."""

    @property
    def total(self) -> int:
        """The number of changelog records to read, including the records read."""

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all changelog records are read; None while unknown."""

    @property
    def reason(self) -> str | None:
        """Why the partition was refused; None: it was not."""


class Metrics:
    """The metrics of one process, by their rows in the catalogue."""

    def __init__(
        self,
        clocks: Iterable[tuple[str, str]],
        *,
        agreements: Iterable[str],
        reasons: Iterable[str],
        codes: Iterable[tuple[str, str]],
        states: Iterable[str],
        calendars: Mapping[str, int],
        build: Mapping[str, str],
    ) -> None:
        """Create all metrics with the label sets from these arguments.

        `clocks`: each (clock, level) of the policies. `agreements`: of the policies. `reasons`: of
        rejections. `codes`: fields of events, each with what may become of a code in it. `states`: of an
        owner. `calendars`: until when (ms) each has official days. `build`: versions.
        """
        self.registry = CollectorRegistry()
        self._made: dict[Metric[Any], Any] = {row: row.make(self.registry) for row in METRICS}
        self._states = tuple(states)
        self.show_policies(clocks, agreements, calendars)
        self._show(metric_names.RECORDS_REJECTED, [(reason,) for reason in reasons])
        self._show(metric_names.CODES_FITTED, codes)
        self._show(metric_names.TOPIC_FALLS_SHORT, [(topic.name,) for topic in SERVED])
        self._show(metric_names.FACTS, [(outcome.value,) for outcome in Outcome])
        for row in (metric_names.FACT_DELAY, metric_names.FACTS_AHEAD):
            self._show(row, [(metric_names.OTHER_SOURCES,)])
        self._show(metric_names.HTTP_CONNECTIONS_REFUSED, [(reason.value,) for reason in RefusedConnection])
        versions = Info(
            "sla_build", "What runs here: versions. Worry when processes differ.", registry=self.registry
        )
        versions.info(dict(build))

    def show_policies(
        self, clocks: Iterable[tuple[str, str]], agreements: Iterable[str], calendars: Mapping[str, int]
    ) -> None:
        """Create the label sets of policies; those that are there stay. Arguments as above."""
        pairs = sorted(set(clocks))
        whole = sorted({clock for clock, _ in pairs})
        sets: dict[tuple[str, ...], list[tuple[str, ...]]] = {
            OF_CLOCK: [(clock,) for clock in whole],
            OF_LEVEL: [*pairs],
            OF_RETRACTION: [(*pair, reason) for pair in pairs for reason in RETRACTED_FOR],
        }
        for row in ANNOUNCED.values():
            self._show(row, sets[row.labels])
        self._show(ANNOUNCED[Type.CORRECTED], [(clock, WHOLE_CLOCK) for clock in whole])
        self._show(metric_names.LATENESS, pairs)
        for row in (metric_names.TICKETS_WITHOUT_POLICY, metric_names.TICKETS_EXEMPT):
            self._show(row, [(agreement,) for agreement in agreements])
        for name, until in calendars.items():
            self[metric_names.CALENDAR_VALID_UNTIL].labels(name).set(until / 1_000)

    def __getitem__(self, row: Metric[M]) -> M:
        return cast("M", self._made[row])

    def _show(self, row: Metric[Any], label_sets: Iterable[tuple[str, ...]]) -> None:
        for labels in label_sets:
            self._made[row].labels(*labels)

    def render(
        self,
        partitions: Mapping[tuple[str, int], PartitionStatus],
        expected: int = 0,
        astray: int = 0,
        *,
        compared: bool = False,
        policies: Iterable[tuple[str, ...]] = (),
    ) -> bytes:
        """Return the metrics in Prometheus' text format. `partitions`: the owned ones, by topic and number.

        `expected`: the number of partitions of the inputs. `astray`: how far (ms) the wall clock is ahead of
        Kafka's. `compared`: the wall clock was compared with Kafka's. `policies`: of each published version,
        the labels of BY_POLICY.
        """
        self[metric_names.POLICY_INFO].clear()  # a version passes from one state to the next
        for labels in policies:
            self[metric_names.POLICY_INFO].labels(*labels).set(1)
        self[metric_names.CLOCK_COMPARED].set(compared)
        self[metric_names.CLOCK_ASTRAY].set(astray / 1_000)
        self[metric_names.PARTITIONS_EXPECTED].set(expected)
        for state in self._states:
            count = sum(owned.state == state for owned in partitions.values())
            self[metric_names.PARTITIONS_OWNED].labels(state).set(count)
        for row in METRICS:
            if row.labels == metric_names.BY_PARTITION:
                self._made[row].clear()  # drop the values of partitions that are no longer ours
        for source, partition in partitions.items():
            for row, value in _of_partition(partition).items():
                if value is not None:
                    self._made[row].labels(*source).set(value)
        return generate_latest(self.registry)

    def turned_away(self, reason: RefusedConnection) -> None:
        """Count an HTTP connection that ended before its time."""
        self[metric_names.HTTP_CONNECTIONS_REFUSED].labels(reason).inc()


def _of_partition(partition: PartitionStatus) -> dict[Metric[Any], float | None]:
    until = partition.complete_until
    return {
        metric_names.OPEN_TICKETS: partition.tickets,
        metric_names.DEADLINES_ARMED: partition.armed,
        metric_names.OLDEST_OVERDUE: partition.overdue_for / 1_000,
        metric_names.COMPLETE_UNTIL: None if until is None else until / 1_000,
        metric_names.INPUT_LAG: partition.lag,
        metric_names.PARTITION_REFUSED: 0 if partition.reason is None else 1,
        metric_names.RESTORE_REMAINING_RECORDS: partition.total - partition.restored,
        metric_names.RESTORE_REMAINING_SECONDS: partition.seconds_left,
    }
