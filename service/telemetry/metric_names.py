"""The table of all metric names of `run`: a metric that is not here does not exist.

The gateway's metric names are in gateway_metric_names.py.

Base units (seconds, records). No ticket, customer or tenant is ever a label. Each help text says when to
worry. The alerts are in deploy/prometheus/alerts.yaml.

To add a metric: add a row here, and follow the recipe in docs/contributing.md.
Versions are the one exception: `sla_build_info`, see metrics.py.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from service.sla.announcement import Type

M = TypeVar("M", Counter, Gauge, Histogram)

OF_CLOCK, OF_LEVEL, BY_PARTITION = ("clock",), ("clock", "level"), ("topic", "partition")
OF_RETRACTION = (*OF_LEVEL, "reason")
BY_POLICY = ("policy", "version", "agreement", "state")
BY_SOURCE = ("source",)

# With series of their own in one process: a source is a text of publishers, so their number needs a bound.
MOST_SOURCES = 30
OTHER_SOURCES = "other"
# Above the skew of clocks, below the least difference of two time zones (15 min): docs/decisions/0039.
AHEAD_LIMIT_MS = 5 * 60_000


@dataclass(frozen=True, eq=False)
class Metric(Generic[M]):
    """A row of the table, which metrics.py makes a Counter(…), Gauge(…) or Histogram(…) of.

    `name` has no suffix: Prometheus adds the suffix of a counter.
    """

    kind: type[M]
    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()  # upper bounds, of a histogram

    def make(self, registry: CollectorRegistry) -> M:
        """Create the metric, with all values 0."""
        options: dict[str, Any] = {"buckets": self.buckets} if self.buckets else {}
        return self.kind(self.name, self.help, self.labels, registry=registry, **options)


class RefusedConnection(StrEnum):
    """Why a connection ended before its time."""

    FULL = "full"  # every open connection has an answer under way
    CROWDED_OUT = "crowded_out"  # it had waited longest for a request when a new connection came
    SLOW_HEAD = "slow_head"
    SLOW_BODY = "slow_body"
    UNTAKEN = "untaken"


ANNOUNCED: dict[Type, Metric[Counter]] = {
    Type.BREACHED: Metric(
        Counter,
        "sla_breaches",
        "Breaches announced. Worry when it rises faster than your promise allows.",
        OF_LEVEL,
    ),
    Type.BREACH_RETRACTED: Metric(
        Counter,
        "sla_retractions",
        "Breaches taken back, by reason. Worry when it rises: facts come late or wrong, or policies changed.",
        OF_RETRACTION,
    ),
    Type.BREACH_SETTLED: Metric(
        Counter,
        "sla_settled",
        "Breached clocks that ended. Worry when it lags sla_breaches_total for days.",
        OF_LEVEL,
    ),
    Type.AT_RISK: Metric(
        Counter, "sla_at_risk", "Warnings announced. Worry when it rises: breaches follow.", OF_LEVEL
    ),
    Type.MET: Metric(
        Counter,
        "sla_met",
        "Clocks that kept their promise. Worry when it stands still while tickets come in.",
        OF_CLOCK,
    ),
    Type.CANCELLED: Metric(
        Counter,
        "sla_cancelled",
        "Clocks cancelled. Worry when withdrawals or mergers outgrow the met ones.",
        OF_CLOCK,
    ),
    Type.CORRECTED: Metric(
        Counter,
        "sla_corrected",
        "Warnings, met and cancelled taken back. Worry when it rises: facts arrive late.",
        OF_LEVEL,
    ),
}
LATENESS = Metric(
    Histogram,
    "sla_lateness_seconds",
    "From a due instant to the commit of its announcement, the grace included; what only a record "
    "showed is not counted. Worry when the 99th percentile exceeds the grace by 5 s.",
    ("clock", "level"),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10, 30, 60, 300, 1800, 3600),  # grace (1 s) included
)
TOLD_LATE_MS = 10_000  # beyond the grace; far above a slow commit
TOLD_LATE = Metric(
    Counter,
    "sla_told_late",
    "Deadlines of sla_lateness_seconds that were announced more than "
    f"{TOLD_LATE_MS // 1_000} s after due and grace. Worry when it rises: warnings come too late to help.",
)
GRACE = Metric(
    Gauge,
    "sla_grace_seconds",
    "SLA_GRACE of the process. Worry when it differs between processes, or from the gateway's.",
)
TICKETS_WITHOUT_POLICY = Metric(
    Counter,
    "sla_tickets_without_policy",
    "Cycles that no policy of the agreement fits, judged by no clock. Worry when not 0: a promise may be "
    "missing.",
    ("agreement",),
)
TOPIC_FALLS_SHORT = Metric(
    Gauge,
    "sla_topic_falls_short",
    "1 for a topic that keeps records for a shorter time than promised, or dates them by their producers, "
    "when the process started. Worry when 1: see `topics check`.",
    ("topic",),
)
TICKETS_EXEMPT = Metric(
    Counter,
    "sla_tickets_exempt",
    "Cycles that a policy exempts from the agreement. Worry when it rises unexpectedly.",
    ("agreement",),
)
OPEN_TICKETS = Metric(
    Gauge,
    "sla_open_tickets",
    "Tickets held in memory. Worry when it only ever rises: tickets are never closed.",
    BY_PARTITION,
)
DEADLINES_ARMED = Metric(
    Gauge,
    "sla_deadlines_armed",
    "Instants waiting to come due. Worry when it is 0 while tickets are open.",
    BY_PARTITION,
)
OLDEST_OVERDUE = Metric(
    Gauge,
    "sla_oldest_overdue_seconds",
    "How long ago due and grace passed of the earliest deadline that is not announced yet. Worry above 5 s: "
    "breaches are announced late.",
    BY_PARTITION,
)
COMPLETE_UNTIL = Metric(
    Gauge,
    "sla_complete_until_timestamp_seconds",
    "Every breach of the partition that was due before this instant is announced. Worry when it stands "
    "still.",
    BY_PARTITION,
)
PARTITIONS_OWNED = Metric(
    Gauge,
    "sla_partitions_owned",
    "Partitions this process was given, by what it does with them. Worry when the sum over all "
    "processes is not sla_partitions_expected, or any is not `running` for minutes.",
    ("state",),
)
PARTITIONS_EXPECTED = Metric(
    Gauge,
    "sla_partitions_expected",
    "Partitions of the inputs, to be owned by all processes together; 0 before the group answered. "
    "Worry when processes differ.",
)
INPUT_LAG = Metric(
    Gauge,
    "sla_input_lag_records",
    "Input records not yet processed. Worry when it rises for minutes: breaches are announced late.",
    BY_PARTITION,
)
RESTORE_REMAINING_RECORDS = Metric(
    Gauge,
    "sla_restore_remaining_records",
    "Changelog records still to read before a partition is judged. Worry when it does not fall.",
    BY_PARTITION,
)
RESTORE_REMAINING_SECONDS = Metric(
    Gauge,
    "sla_restore_remaining_seconds",
    "Seconds until a partition is judged, by the pace of its restore so far. Worry when it rises.",
    BY_PARTITION,
)
PARTITION_REFUSED = Metric(
    Gauge,
    "sla_partition_refused",
    "1 while a partition waits for somebody to mend something: /readyz says what. Worry when it is 1: "
    "its tickets are not judged.",
    BY_PARTITION,
)
CLOCK_ASTRAY = Metric(
    Gauge,
    "sla_clock_astray_seconds",
    "How far the wall clock is ahead of Kafka's (or back, below 0); 0 within a second. Worry when not "
    "0: ahead, deadlines go by Kafka's clock alone; back, they are announced late. Set it right.",
)
CLOCK_COMPARED = Metric(
    Gauge,
    "sla_clock_compared",
    "1 once the wall clock was compared with Kafka's. Worry when 0 while partitions are judged: one "
    "that is wrong is not noticed; give our topics message.timestamp.type=LogAppendTime.",
)
RESTORE = Metric(
    Histogram,
    "sla_restore_seconds",
    "How long a partition took from assigned to judged. Worry above a minute.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
TRANSACTION = Metric(
    Histogram,
    "sla_transaction_seconds",
    "How long a committed transaction took. Worry near 8 s: that is its limit.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 8),  # 8 s: a transaction's deadline
)
TRANSACTIONS_ABORTED = Metric(
    Counter,
    "sla_transactions_aborted",
    "Transactions given up; what they held is judged again. Worry when it keeps rising.",
)
PARTITIONS_LOST = Metric(
    Counter,
    "sla_partitions_lost",
    "Times a partition was dropped for an error of the log, to be acquired again. Worry when it keeps "
    "rising.",
)
FENCED = Metric(
    Counter,
    "sla_fenced",
    "Times another process had taken a partition over. Worry when it rises without a deployment.",
)
REBALANCES = Metric(
    Counter,
    "sla_rebalances",
    "Assignments received from the group. Worry when it rises without a deployment.",
)
RECORDS_PROCESSED = Metric(
    Counter,
    "sla_records_processed",
    "Input records processed. Worry when it stands still while the lag is not 0.",
)
RECORDS_REJECTED = Metric(
    Counter,
    "sla_records_rejected",
    "Records rejected as unusable. Worry when not 0: a publisher is wrong.",
    ("reason",),
)
CODES_FITTED = Metric(
    Counter,
    "sla_codes_fitted",
    "Codes of input records that did not fit as they came, by field and by what became of them. "
    "Worry about `dropped`: policies do not see them.",
    ("field", "fitting"),
)
FACTS = Metric(
    Counter,
    "sla_facts",
    "Facts by what became of them. Worry about `replaced` and `outranked`: one id, two contents.",
    ("outcome",),
)
# Every length (s) that may be chosen as the grace, in steps that a person would take.
DELAYS = (
    *(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 120, 300, 600, 900, 1_800),
    *(3_600, 7_200, 14_400, 28_800, 86_400),
)
FACT_DELAY = Metric(
    Histogram,
    "sla_fact_delay_seconds",
    "From the time of a new fact to its log time, by source; 0 when it lies ahead. Repetitions are not "
    f"counted; sources beyond the first {MOST_SOURCES} of a process are `{OTHER_SOURCES}`. Worry when the "
    "99th percentile exceeds the grace: breaches are announced and then taken back.",
    BY_SOURCE,
    buckets=DELAYS,
)
FACTS_AHEAD = Metric(
    Counter,
    "sla_facts_ahead",
    f"New facts whose time is more than {AHEAD_LIMIT_MS // 60_000} min after their log time, by source as of "
    "sla_fact_delay_seconds. Worry when not 0: a local time was sent as UTC, or a clock is wrong.",
    BY_SOURCE,
)
LOOP_STALL = Metric(
    Histogram,
    "sla_loop_stall_seconds",
    "How late the event loop wakes up, looked at ten times a second. Worry when it exceeds 1 s: every "
    "deadline of the process is that late.",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 10),
)
HTTP_CONNECTIONS_REFUSED = Metric(
    Counter,
    "sla_http_connections_refused",
    "HTTP connections that were refused or ended before their time, by reason. Worry when it rises: "
    "somebody opens more than are served, or sends half requests.",
    ("reason",),
)
CALENDAR_VALID_UNTIL = Metric(
    Gauge,
    "sla_calendar_valid_until_timestamp_seconds",
    "When a calendar runs out of official days. Worry 60 days ahead: due instants beyond it are not "
    "known, so nothing is announced of them.",
    ("calendar",),
)
POLICY_INFO = Metric(
    Gauge,
    "sla_policy_info",
    "1 for each published policy version, by its state: future, in_force, superseded or retired. Worry when "
    "processes differ, or when what should be in force is not.",
    BY_POLICY,
)

METRICS: tuple[Metric[Counter] | Metric[Gauge] | Metric[Histogram], ...] = (
    *ANNOUNCED.values(),
    *[row for row in list(globals().values()) if isinstance(row, Metric)],
)
