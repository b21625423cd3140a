"""The metrics of a gateway process: every row of its table, with all its label sets from the start."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

from prometheus_client import CollectorRegistry, Info, generate_latest

from service.telemetry import gateway_metric_names as names
from service.telemetry.metric_names import HTTP_CONNECTIONS_REFUSED, M, Metric, RefusedConnection

_OTHER = "other"  # a field or a reason that is none of the closed list


class TimedEvent(Protocol):
    """An event that was published."""

    @property
    def kind(self) -> str:
        """The kind, as the contract names it without prefix."""

    @property
    def time(self) -> int:
        """When it happened, ms."""


class GatewayMetrics:
    """The metrics of one process."""

    def __init__(
        self,
        quiet_after: Mapping[str, int],
        *,
        outcomes: Iterable[str],
        unauthorised: Iterable[str],
        reasons: Iterable[str],
        kinds: Iterable[str],
        fields: Iterable[str],
        grace: int,
        now: int,
        build: Mapping[str, str],
    ) -> None:
        """Create the metrics. `quiet_after`: of each source, in ms; `grace`, `now` in ms.

        `outcomes`, `unauthorised`, `reasons`, `kinds`, `fields`: the values of labels; what is none of
        `reasons` or `fields` is counted as `other`. `build`: versions.
        """
        self.registry = CollectorRegistry()
        self._made: dict[Metric[Any], Any] = {row: row.make(self.registry) for row in names.GATEWAY_METRICS}
        self._reasons, self._fields = frozenset(reasons), frozenset(fields)
        closed = {
            names.DELIVERIES: outcomes,
            names.UNAUTHORISED: unauthorised,
            names.DEAD_LETTERS: [*sorted(self._reasons), _OTHER],
            names.EVENTS: kinds,
            names.VALUES: [*sorted(self._fields), _OTHER],
        }
        for row, values in closed.items():
            for value in list(values):
                for source in quiet_after:
                    self._made[row].labels(source, value)
        for source, quiet in quiet_after.items():
            self[names.DELAY].labels(source)
            self[names.LAST_DELIVERY].labels(source).set(now / 1_000)
            self[names.QUIET_AFTER].labels(source).set(quiet / 1_000)
        for reason in RefusedConnection:
            self[HTTP_CONNECTIONS_REFUSED].labels(reason.value)
        self[names.GRACE].set(grace / 1_000)
        versions = Info(
            "sla_build", "What runs here: versions. Worry when processes differ.", registry=self.registry
        )
        versions.info(dict(build))

    def __getitem__(self, row: Metric[M]) -> M:
        return cast("M", self._made[row])

    def render(self, *, under_way: int, takes: bool) -> bytes:
        """Return the metrics in Prometheus' text format."""
        self[names.UNDER_WAY].set(under_way)
        self[names.TAKES].set(takes)
        return generate_latest(self.registry)

    def answered(self, source: str, outcome: str) -> None:
        """Count an answer."""
        self[names.DELIVERIES].labels(source, outcome).inc()

    def unauthorised(self, source: str, reason: str) -> None:
        """Count a delivery that did not prove its source."""
        self[names.UNAUTHORISED].labels(source, reason).inc()

    def verified(self, source: str, now: int) -> None:
        """Note when a source sent its last verified delivery. `now` in ms."""
        self[names.LAST_DELIVERY].labels(source).set(now / 1_000)

    def published(self, source: str, events: Iterable[TimedEvent], now: int, seconds: float) -> None:
        """Count events that Kafka acknowledged at `now` (ms), after `seconds`."""
        self[names.ACKNOWLEDGED].observe(seconds)
        for event in events:
            self[names.EVENTS].labels(source, event.kind).inc()
            self[names.DELAY].labels(source).observe(max(0, now - event.time) / 1_000)

    def buried(self, source: str, reason: str) -> None:
        """Count a dead letter."""
        self[names.DEAD_LETTERS].labels(source, reason if reason in self._reasons else _OTHER).inc()

    def dropped(self, source: str, fields: Iterable[str]) -> None:
        """Count values that were dropped or made fit, by field."""
        for field in (one.removeprefix("data.") for one in fields):
            self[names.VALUES].labels(source, field if field in self._fields else _OTHER).inc()

    def turned_away(self, reason: RefusedConnection) -> None:
        """Count an HTTP connection that ended before its time."""
        self[HTTP_CONNECTIONS_REFUSED].labels(reason).inc()
