"""The metrics of a board process, with the rules of metric_names.py."""

from collections.abc import Mapping
from typing import Any, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from service.telemetry.metric_names import HTTP_CONNECTIONS_REFUSED, LOOP_STALL, M, Metric, RefusedConnection

AS_OF = Metric(
    Gauge,
    "sla_board_as_of_timestamp_seconds",
    "Until when the board knows every ticket; 0 before it has read every partition. Worry when it stands "
    "still: people look at old data.",
)

BOARD_METRICS: tuple[Metric[Counter] | Metric[Gauge] | Metric[Histogram], ...] = (
    HTTP_CONNECTIONS_REFUSED,
    LOOP_STALL,
    AS_OF,
)


class BoardMetrics:
    """The metrics of one process."""

    def __init__(self, build: Mapping[str, str]) -> None:
        """Create the metrics. `build`: versions."""
        self.registry = CollectorRegistry()
        self._made: dict[Metric[Any], Any] = {row: row.make(self.registry) for row in BOARD_METRICS}
        for reason in RefusedConnection:
            self[HTTP_CONNECTIONS_REFUSED].labels(reason.value)
        versions = Info(
            "sla_build", "What runs here: versions. Worry when processes differ.", registry=self.registry
        )
        versions.info(dict(build))

    def __getitem__(self, row: Metric[M]) -> M:
        return cast("M", self._made[row])

    def render(self, as_of: int | None) -> bytes:
        """Return the metrics in Prometheus' text format. `as_of`: in ms; None while unknown."""
        self[AS_OF].set((as_of or 0) / 1_000)
        return generate_latest(self.registry)

    def turned_away(self, reason: RefusedConnection) -> None:
        """Count an HTTP connection that ended before its time."""
        self[HTTP_CONNECTIONS_REFUSED].labels(reason).inc()
