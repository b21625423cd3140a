"""The page of the metrics, from the registry of a process that owns one partition."""

from collections.abc import Iterable, Iterator

from prometheus_client import Metric

from service.events.fact import FITTINGS, CodeFitting
from service.events.rejection import Reason
from service.kafka.exactly_once.status import OwnerState, Status
from service.policy.in_force import PolicyState
from service.sla.cause import RETRACTED_FOR
from service.sla.history import Outcome
from service.telemetry.board_metrics import BoardMetrics
from service.telemetry.gateway_metrics import GatewayMetrics
from service.telemetry.metric_names import MOST_SOURCES, RefusedConnection
from service.telemetry.metrics import Metrics
from tests.reference.markdown import code, codes, page, table

WORRY = " Worry "  # every help text has this word once: see tests/app/test_metrics.py
_LABELS: tuple[tuple[str, str], ...] = (
    ("clock", "the name of a clock in a policy; `activity`, or `activity@AGREEMENT`, for silences"),
    ("level", "the name of a level of that clock; empty when a whole clock is corrected"),
    ("agreement", "the name of an agreement of the policies; empty for a policy of desks"),
    ("topic", "an input topic, its prefix included; of `sla_topic_falls_short` any topic, without prefix"),
    ("partition", "a number of a partition of that topic"),
    ("calendar", "the name of a calendar file"),
    ("policy", "the id of a published policy"),
    ("version of `sla_policy_info`", "a version of that policy"),
    (
        "source",
        f"the `source` of an event: the first {MOST_SOURCES} that a process comes across; then `other`",
    ),
)


def metrics() -> str:
    """docs/reference/metrics.md."""
    families = sorted(_families(), key=lambda family: family.name)
    boards = sorted(BoardMetrics({"version": "0"}).registry.collect(), key=lambda family: family.name)
    gateways = sorted(gateway_metrics().registry.collect(), key=lambda family: family.name)
    return page(
        "Metrics",
        "the registries of `service/telemetry`",
        _HEAD,
        table(("name", "type", "labels", "is", "worry"), map(_row, families)),
        "## Labels\n\nNo label holds a ticket, a customer or a tenant.",
        table(("label", "values"), [*_LABELS, *_closed(families)]),
        "## Buckets of the histograms",
        table(("name", "upper bounds"), _buckets(families)),
        _GATEWAY,
        table(("name", "type", "labels", "is", "worry"), map(_row, gateways)),
        table(("name", "upper bounds"), _buckets(gateways)),
        _BOARD,
        table(("name", "type", "labels", "is", "worry"), map(_row, boards)),
    )


_HEAD = """`sla-timer run` serves them at `/metrics`, in the text format of Prometheus.
A counter also has a series `…_created`, which says when the counter began.
A histogram `NAME` has the series `NAME_bucket`, `NAME_count` and `NAME_sum`.
What a transaction holds is counted after it has committed.
The alerts are in [alerts.yaml](../../deploy/prometheus/alerts.yaml), their meaning in the
[runbook](../runbook.md)."""


_GATEWAY = """## Metrics of the gateway

`sla-timer gateway` serves these, and none of those above but the two that both have.
`source` is an endpoint of its configuration; `kind` a kind of event; `field` a field of an event, or `other`.
`outcome` and `reason` are closed lists: [http.md](http.md#the-gateway) has the outcomes."""


_BOARD = """## Metrics of the board

`sla-timer board` serves these, without a token: they name no ticket."""


def gateway_metrics() -> GatewayMetrics:
    """The registry of a gateway with one source."""
    return GatewayMetrics(
        {"SOURCE": 0},
        outcomes=["OUTCOME"],
        unauthorised=["REASON"],
        reasons=[],
        kinds=["KIND"],
        fields=["FIELD"],
        grace=0,
        now=0,
        build={"version": "0"},
    )


def _families() -> list[Metric]:
    metrics = Metrics(
        [("CLOCK", "LEVEL")],
        agreements=["default"],
        reasons=Reason,
        codes=FITTINGS,
        states=OwnerState,
        calendars={"CALENDAR": 0},
        build={"version": "0"},
    )
    status = Status(OwnerState.RESTORING, 1, 2, 50, 1.0, 0, 0, 0, 0, 0, 0, 0, None)
    metrics.render({("TOPIC", 0): status}, 1, policies=[("ID", "1", "AGREEMENT", "in_force")])
    return list(metrics.registry.collect())


def _labels(family: Metric) -> list[str]:
    return list(dict.fromkeys(name for sample in family.samples for name in sample.labels if name != "le"))


def _name(family: Metric) -> str:
    return family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")


def _row(family: Metric) -> tuple[str, ...]:
    what, _, worry = family.documentation.partition(WORRY)
    labels = "one label for each version" if family.type == "info" else codes(_labels(family))
    return code(_name(family)), family.type, labels, what, worry


def _closed(families: Iterable[Metric]) -> Iterator[tuple[str, str]]:
    """Labels whose values are a closed list in the code."""
    known: dict[str, Iterable[str]] = {
        "state of `sla_partitions_owned`": OwnerState,
        "state of `sla_policy_info`": PolicyState,
        "outcome": Outcome,
        "reason of `sla_records_rejected_total`": Reason,
        "reason of `sla_retractions_total`": RETRACTED_FOR,
        "field of `sla_codes_fitted_total`": dict.fromkeys(field for field, _ in FITTINGS),
        "fitting": CodeFitting,
        "reason of `sla_http_connections_refused_total`": RefusedConnection,
    }
    names = {label for family in families for label in _labels(family)}
    assert names == {label.split()[0] for label in [*dict(_LABELS), *known]}
    for label, values in known.items():
        yield label, codes(str(value) for value in values)


def _buckets(families: Iterable[Metric]) -> Iterator[tuple[str, str]]:
    for family in families:
        bounds = dict.fromkeys(sample.labels["le"] for sample in family.samples if "le" in sample.labels)
        if bounds:
            yield (
                code(family.name),
                " ".join(f"{float(bound):g}" for bound in bounds if bound != "+Inf") + " s",
            )
