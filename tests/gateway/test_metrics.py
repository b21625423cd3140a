"""The metrics of the gateway: complete from the start, bounded, and naming nobody."""

import re
from pathlib import Path

from service.gateway.answers import HookAnswer
from service.gateway.intake import MappedEvent
from service.gateway.signature import Unauthorised
from service.processes.gateway import _metrics
from service.settings import read_settings
from service.telemetry.gateway_metric_names import GATEWAY_METRICS
from service.telemetry.gateway_metrics import GatewayMetrics
from tests.gateway.house import NOW, House

SETTINGS = read_settings({"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "SLA_GRACE": "90s"})


def made(folder: Path) -> GatewayMetrics:
    return _metrics(SETTINGS, House(folder).sources.values())


def text(metrics: GatewayMetrics) -> str:
    return metrics.render(under_way=3, takes=True).decode()


def test_16_all_label_sets_are_there_before_anything_happened(tmp_path: Path) -> None:
    shown = text(made(tmp_path))
    for line in (
        *(f'sla_gateway_deliveries_total{{outcome="{one.outcome}",source="jira"}} 0.0' for one in HookAnswer),
        *(
            f'sla_gateway_unauthorised_total{{reason="{one.value}",source="jira"}} 0.0'
            for one in Unauthorised
        ),
        'sla_gateway_dead_letters_total{reason="unmappable",source="zammad"} 0.0',
        'sla_gateway_dead_letters_total{reason="not_json",source="zammad"} 0.0',
        'sla_gateway_events_total{kind="received",source="zammad"} 0.0',
        'sla_gateway_values_dropped_total{field="channel",source="zammad"} 0.0',
        'sla_gateway_delay_seconds_count{source="zammad"} 0.0',
        "sla_gateway_acknowledge_seconds_count 0.0",
        'sla_gateway_quiet_after_seconds{source="zammad"} 86400.0',
        "sla_gateway_grace_seconds 90.0",
        "sla_gateway_requests_under_way 3.0",
        "sla_gateway_kafka_takes 1.0",
        'sla_http_connections_refused_total{reason="slow_body"} 0.0',
    ):
        assert f"\n{line}\n" in shown, line


def test_16_at_first_the_last_delivery_of_a_source_is_the_start(tmp_path: Path) -> None:
    seconds = re.search(r'last_delivery_timestamp_seconds{source="zammad"} (\S+)', text(made(tmp_path)))
    assert seconds
    assert float(seconds[1]) > NOW / 1_000


def test_16_what_happens_is_counted(tmp_path: Path) -> None:
    metrics = made(tmp_path)
    metrics.answered("zammad", "published")
    metrics.answered("", "unknown")
    metrics.unauthorised("zammad", "stale")
    metrics.verified("zammad", NOW)
    event = MappedEvent(b"T", b"{}", "received", NOW - 90_000)
    metrics.published("zammad", [event, event], NOW, 0.004)
    metrics.buried("zammad", "unmappable")
    metrics.buried("zammad", "of a newer version")
    metrics.dropped("zammad", ["data.channel", "priority", "x" * 99])
    shown = text(metrics)
    for line in (
        'sla_gateway_deliveries_total{outcome="published",source="zammad"} 1.0',
        'sla_gateway_deliveries_total{outcome="unknown",source=""} 1.0',
        'sla_gateway_unauthorised_total{reason="stale",source="zammad"} 1.0',
        'sla_gateway_last_delivery_timestamp_seconds{source="zammad"} 1.7725e+09',
        'sla_gateway_events_total{kind="received",source="zammad"} 2.0',
        'sla_gateway_delay_seconds_bucket{le="60.0",source="zammad"} 0.0',
        'sla_gateway_delay_seconds_bucket{le="120.0",source="zammad"} 2.0',
        'sla_gateway_acknowledge_seconds_bucket{le="0.005"} 1.0',
        'sla_gateway_dead_letters_total{reason="unmappable",source="zammad"} 1.0',
        'sla_gateway_dead_letters_total{reason="other",source="zammad"} 1.0',
        'sla_gateway_values_dropped_total{field="channel",source="zammad"} 1.0',
        'sla_gateway_values_dropped_total{field="priority",source="zammad"} 1.0',
        'sla_gateway_values_dropped_total{field="other",source="zammad"} 1.0',
    ):
        assert f"\n{line}\n" in shown, line


def test_16_every_help_text_says_once_when_to_worry() -> None:
    for row in GATEWAY_METRICS:
        assert len(re.findall(r"\bWorry\b", row.help)) == 1, row.name


def test_16_no_label_names_a_ticket_a_customer_or_a_tenant() -> None:
    labels = {label for row in GATEWAY_METRICS for label in row.labels}
    assert labels == {"source", "outcome", "reason", "kind", "field"}
