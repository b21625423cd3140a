"""The table of the gateway's metric names, with the rules of metric_names.py.

The label `source` is an endpoint of the configuration, never a text of a request.
"""

from prometheus_client import Counter, Gauge, Histogram

from service.telemetry.metric_names import BY_SOURCE, DELAYS, HTTP_CONNECTIONS_REFUSED, LOOP_STALL, Metric

DELIVERIES = Metric(
    Counter,
    "sla_gateway_deliveries",
    "Requests by what became of them; the source is empty for an unknown endpoint. Worry about "
    "`unavailable`, `busy`, `no_secret` and `failed`: products that try once lose what they sent.",
    ("source", "outcome"),
)
UNAUTHORISED = Metric(
    Counter,
    "sla_gateway_unauthorised",
    "Deliveries that did not prove their source, by reason. Worry when it rises: a secret differs, a clock "
    "is wrong, or somebody tries.",
    ("source", "reason"),
)
DEAD_LETTERS = Metric(
    Counter,
    "sla_gateway_dead_letters",
    "Verified deliveries that could not be mapped, by reason. Worry when not 0: see `gateway dead list`, "
    "mend the mapping, then retry.",
    ("source", "reason"),
)
EVENTS = Metric(
    Counter,
    "sla_gateway_events",
    "Events that Kafka acknowledged, repetitions included. Worry when a kind that a desk surely has stands "
    "still: a rule of its mapping no longer fits.",
    ("source", "kind"),
)
VALUES = Metric(
    Counter,
    "sla_gateway_values_dropped",
    "Values that the mapping dropped or made fit, by field of the contract. Worry when it rises: policies "
    "see `other`, or nothing.",
    ("source", "field"),
)
DELAY = Metric(
    Histogram,
    "sla_gateway_delay_seconds",
    "From an event at the desk to its acknowledgement by Kafka. Worry when the 99th percentile exceeds the "
    "grace: breaches are announced and then taken back.",
    BY_SOURCE,
    buckets=DELAYS,
)
ACKNOWLEDGED = Metric(
    Histogram,
    "sla_gateway_acknowledge_seconds",
    "How long Kafka took to acknowledge the events of a delivery. Worry near 3 s: then the delivery is "
    "answered 503.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
LAST_DELIVERY = Metric(
    Gauge,
    "sla_gateway_last_delivery_timestamp_seconds",
    "When the last delivery of a source was verified; at first, when the process started. Worry when it is "
    "longer ago than sla_gateway_quiet_after_seconds.",
    BY_SOURCE,
)
QUIET_AFTER = Metric(
    Gauge,
    "sla_gateway_quiet_after_seconds",
    "How long a source may send nothing, by its configuration. Worry when it differs between processes.",
    BY_SOURCE,
)
GRACE = Metric(
    Gauge,
    "sla_gateway_grace_seconds",
    "SLA_GRACE as the gateway was told. Worry when the service runs with another one.",
)
UNDER_WAY = Metric(
    Gauge,
    "sla_gateway_requests_under_way",
    "Requests that have no answer yet. Worry near 64: more are answered 503.",
)
TAKES = Metric(
    Gauge,
    "sla_gateway_kafka_takes",
    "1 while Kafka takes records. Worry when 0: every delivery is answered 503.",
)

GATEWAY_METRICS: tuple[Metric[Counter] | Metric[Gauge] | Metric[Histogram], ...] = (
    HTTP_CONNECTIONS_REFUSED,
    LOOP_STALL,
    DELIVERIES,
    UNAUTHORISED,
    DEAD_LETTERS,
    EVENTS,
    VALUES,
    DELAY,
    ACKNOWLEDGED,
    LAST_DELIVERY,
    QUIET_AFTER,
    GRACE,
    UNDER_WAY,
    TAKES,
)
