"""Every metric of the service. The closed list: a name that is not here does not exist.

Base units (seconds, records). No ticket, customer or tenant is ever a label. All label sets exist from the
start, so that a rate over the first breach is right. The alerts on them: deploy/prometheus/alerts.yaml.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from service.sla.announcement import Type
from service.sla.history import Outcome

LATENESS = (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10, 30, 60, 300, 1800, 3600)  # grace (1 s) included
TRANSACTION = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 8)  # 8 s: a transaction's deadline
RESTORE = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
STALL = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 10)

OF_CLOCK = (Type.MET, Type.CANCELLED)  # of a clock, not of one of its levels
FIRED = (Type.BREACHED, Type.AT_RISK)
WHOLE_CLOCK = ""  # the level of a corrected `met` or `cancelled`

ANNOUNCED = {
    Type.BREACHED: (
        "sla_breaches",
        "Breaches announced. Worry when it rises faster than your promise allows.",
    ),
    Type.BREACH_RETRACTED: (
        "sla_retractions",
        "Breaches taken back. Worry when it rises: facts arrive late or wrong.",
    ),
    Type.BREACH_SETTLED: (
        "sla_settled",
        "Breached clocks that ended. Worry when it lags sla_breaches_total for days.",
    ),
    Type.AT_RISK: ("sla_at_risk", "Warnings announced. Worry when it rises: breaches follow."),
    Type.MET: (
        "sla_met",
        "Clocks that kept their promise. Worry when it stands still while tickets come in.",
    ),
    Type.CANCELLED: (
        "sla_cancelled",
        "Clocks cancelled. Worry when withdrawals or mergers outgrow the met ones.",
    ),
    Type.CORRECTED: (
        "sla_corrected",
        "Warnings, met and cancelled taken back. Worry when it rises: facts arrive late.",
    ),
}


class Refused(StrEnum):
    """Why a connection ended before its time."""

    FULL = "full"  # all others have an answer under way
    CROWDED_OUT = "crowded_out"  # it had waited for a request for longest when another one came
    SLOW_HEAD = "slow_head"
    SLOW_BODY = "slow_body"
    UNTAKEN = "untaken"


class Partition(Protocol):
    """What is shown of a partition that is ours."""

    @property
    def tickets(self) -> int:
        """Held in memory."""

    @property
    def state(self) -> str:
        """How far its owner has come."""

    @property
    def armed(self) -> int:
        """Deadlines."""

    @property
    def overdue_for(self) -> int:
        """How long (ms) the earliest deadline and its grace have passed; 0 when none has."""

    @property
    def lag(self) -> int:
        """Input records not processed."""

    @property
    def restored(self) -> int:
        """Changelog records read."""

    @property
    def total(self) -> int:
        """Changelog records to read."""

    @property
    def seconds_left(self) -> float | None:
        """Until they are read; None while nobody can say."""

    @property
    def reason(self) -> str | None:
        """Why it was refused; None: it was not."""


class Metrics:
    """The metrics of one process."""

    def __init__(
        self,
        clocks: Iterable[tuple[str, str]],
        *,
        reasons: Iterable[str],
        states: Iterable[str],
        calendars: Mapping[str, int],
        build: Mapping[str, str],
    ) -> None:
        """All that label sets are made of.

        `clocks`: each (clock, level) of the policies; `reasons` to reject; `states` of an owner;
        `calendars`: until when (ms) each has official days; `build`: versions.
        """
        self.registry = CollectorRegistry()
        pairs = sorted(set(clocks))
        self.announced: dict[Type, Counter] = {}
        for kind, (name, help_text) in ANNOUNCED.items():
            per_level = kind not in (
                "sla.met",
                "sla.cancelled",
            )  # these two speak of the clock, not of a level
            self.announced[kind] = counter = self._counter(
                name, help_text, "clock", *(["level"] if per_level else [])
            )
            for clock, level in pairs:
                counter.labels(clock, level) if per_level else counter.labels(clock)
            if kind is Type.CORRECTED:
                for clock in {clock for clock, _ in pairs}:
                    counter.labels(clock, WHOLE_CLOCK)
        self.lateness = self._histogram(
            "sla_lateness_seconds",
            "From a due instant to the commit of its announcement, the grace included; what only a record "
            "showed is not counted. Worry when the 99th percentile exceeds the grace by 5 s.",
            LATENESS,
            "clock",
            "level",
        )
        for pair in pairs:
            self.lateness.labels(*pair)
        self.undecided = self._counter(
            "sla_tickets_without_policy",
            "Cycles that no policy fits, judged by no clock. Worry when not 0: a promise may be missing.",
        )
        self.open_tickets = self._gauge(
            "sla_open_tickets",
            "Tickets held in memory. Worry when it only ever rises: tickets are never closed.",
            "topic",
            "partition",
        )
        self.armed = self._gauge(
            "sla_deadlines_armed",
            "Instants waiting to come due. Worry when it is 0 while tickets are open.",
            "topic",
            "partition",
        )
        self.overdue = self._gauge(
            "sla_oldest_overdue_seconds",
            "How long ago the earliest deadline not told yet should have been. Worry above 5 s: breaches "
            "are announced late.",
            "topic",
            "partition",
        )
        self.owned = self._gauge(
            "sla_partitions_owned",
            "Partitions this process was given, by what it does with them. Worry when the sum over all "
            "processes is not sla_partitions_expected, or any is not `running` for minutes.",
            "state",
        )
        self._states = tuple(states)
        self.expected = self._gauge(
            "sla_partitions_expected",
            "Partitions of the inputs, to be owned by all processes together; 0 before the group answered. "
            "Worry when processes differ.",
        )
        self.lag = self._gauge(
            "sla_input_lag_records",
            "Input records not yet processed. Worry when it rises for minutes: breaches are announced late.",
            "topic",
            "partition",
        )
        self.restoring = self._gauge(
            "sla_restore_remaining_records",
            "Changelog records still to read before a partition is judged. Worry when it does not fall.",
            "topic",
            "partition",
        )
        self.restoring_for = self._gauge(
            "sla_restore_remaining_seconds",
            "Seconds until a partition is judged, by the pace of its restore so far. Worry when it rises.",
            "topic",
            "partition",
        )
        self.refused = self._gauge(
            "sla_partition_refused",
            "1 while a partition waits for somebody to mend something: /readyz says what. Worry when it is "
            "1: its tickets are not judged.",
            "topic",
            "partition",
        )
        self.astray = self._gauge(
            "sla_clock_astray_seconds",
            "How far the wall clock is ahead of Kafka's (or back, below 0); 0 within a second. Worry when "
            "not 0: ahead, deadlines go by Kafka's clock alone; back, they are told late. Set it right.",
        )
        self.compared = self._gauge(
            "sla_clock_compared",
            "1 once the wall clock was held against Kafka's. Worry when 0 while partitions are judged: one "
            "that is wrong is not noticed; give our topics message.timestamp.type=LogAppendTime.",
        )
        self.restore = self._histogram(
            "sla_restore_seconds",
            "How long a partition took from assigned to judged. Worry above a minute.",
            RESTORE,
        )
        self.transactions = self._histogram(
            "sla_transaction_seconds",
            "How long a committed transaction took. Worry near 8 s: that is its limit.",
            TRANSACTION,
        )
        self.aborts = self._counter(
            "sla_transactions_aborted",
            "Transactions given up; what they held is judged again. Worry when it keeps rising.",
        )
        self.losses = self._counter(
            "sla_partitions_lost",
            "Times a partition was dropped for an error of the log, to be acquired again. Worry when it "
            "keeps rising.",
        )
        self.fences = self._counter(
            "sla_fenced",
            "Times another process had taken a partition over. Worry when it rises without a deployment.",
        )
        self.rebalances = self._counter(
            "sla_rebalances", "Assignments received from the group. Worry when it rises without a deployment."
        )
        self.processed = self._counter(
            "sla_records_processed",
            "Input records processed. Worry when it stands still while the lag is not 0.",
        )
        self.rejections = self._counter(
            "sla_records_rejected",
            "Records put aside as unusable. Worry when not 0: a publisher is wrong.",
            "reason",
        )
        for reason in reasons:
            self.rejections.labels(reason)
        self.facts = self._counter(
            "sla_facts",
            "Facts by what became of them. Worry about `replaced` and `outranked`: one id, two contents.",
            "outcome",
        )
        for outcome in Outcome:
            self.facts.labels(outcome.value)
        self.stalls = self._histogram(
            "sla_loop_stall_seconds",
            "How late the event loop wakes up, looked at ten times a second. Worry when it exceeds 1 s: "
            "every deadline of the process is that late.",
            STALL,
        )
        self._turned_away = self._counter(
            "sla_http_connections_refused",
            "HTTP connections that were refused or ended before their time, by reason. Worry when it rises: "
            "somebody opens more than are served, or sends half requests.",
            "reason",
        )
        for refused in Refused:
            self._turned_away.labels(refused)
        valid_until = self._gauge(
            "sla_calendar_valid_until_timestamp_seconds",
            "When a calendar runs out of official days. Worry 60 days ahead: due instants beyond it are "
            "not known, so nothing is told of them.",
            "calendar",
        )
        for name, until in calendars.items():
            valid_until.labels(name).set(until / 1_000)
        self._build = Info(
            "sla_build", "What runs here: versions. Worry when processes differ.", registry=self.registry
        )
        self._build.info(dict(build))

    def render(
        self,
        partitions: Mapping[tuple[str, int], Partition],
        expected: int = 0,
        astray: int = 0,
        *,
        compared: bool = False,
    ) -> bytes:
        """The exposition in Prometheus' text format, with the state of the (topic, partition)s that are ours.

        `expected`: partitions of the inputs; `astray`: of the wall clock, ms; `compared`: with Kafka's.
        """
        self.compared.set(compared)
        self.astray.set(astray / 1_000)
        self.expected.set(expected)
        for state in self._states:
            self.owned.labels(state).set(sum(owned.state == state for owned in partitions.values()))
        for gauge in (
            self.open_tickets,
            self.armed,
            self.overdue,
            self.lag,
            self.restoring,
            self.restoring_for,
            self.refused,
        ):
            gauge.clear()  # a partition that went elsewhere is no longer ours to speak of
        for source, partition in partitions.items():
            self.open_tickets.labels(*source).set(partition.tickets)
            self.armed.labels(*source).set(partition.armed)
            self.overdue.labels(*source).set(partition.overdue_for / 1_000)
            self.lag.labels(*source).set(partition.lag)
            self.refused.labels(*source).set(0 if partition.reason is None else 1)
            self.restoring.labels(*source).set(partition.total - partition.restored)
            if partition.seconds_left is not None:
                self.restoring_for.labels(*source).set(partition.seconds_left)
        return generate_latest(self.registry)

    def turned_away(self, reason: Refused) -> None:
        """An HTTP connection ended before its time."""
        self._turned_away.labels(reason).inc()

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, labels, registry=self.registry)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, labels, registry=self.registry)

    def _histogram(self, name: str, help_text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, help_text, labels, buckets=buckets, registry=self.registry)
