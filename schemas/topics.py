"""The topics of the service: name, key, content, configuration and partitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_DAY_MS = 24 * 60 * 60 * 1000
_MEBIBYTE = 1024 * 1024
# What is re-read and what evidence rests on is kept as long as a ticket may be remembered, by default.
_REMEMBERED_MS = 400 * _DAY_MS
FOR_EVER = -1  # of retention.ms and retention.bytes
# Limits of records. The figure behind each is the largest record that a test measures: with all facts that a
# ticket or desk may have, identifiers and codes at full length. A policy with many clocks adds to it.
_OF_FULL_TICKET = 8 * _MEBIBYTE  # its state: 3.6 MB
_OF_FULL_DESK = 16 * _MEBIBYTE  # its state: 12.2 MB
_OF_ANNOUNCEMENT = 2 * _MEBIBYTE  # with all facts of a ticket as evidence: 1.2 MB


@dataclass(frozen=True, slots=True)
class Topic:
    """The required form of a topic. `partitions`: the default number for a new topic."""

    name: str  # without prefix
    key: str
    holds: str
    config: Mapping[str, str]
    partitions: int
    partitioned_like: str | None = None  # a new topic gets as many partitions as this topic

    def named(self, prefix: str) -> str:
        """Return the topic's name with the prefix, for a shared broker."""
        return prefix + self.name


# Records get their time from the broker's clock, not from the producer's. Inputs: evidence names that time.
# Our own topics: the answer to a send gives the broker's time, and no record is refused for its timestamp.
_BY_THE_LOG = "LogAppendTime"


def _config(**settings: object) -> Mapping[str, str]:
    return MappingProxyType({name.replace("_", "."): str(setting) for name, setting in settings.items()})


LIFECYCLE = Topic(
    "complaints.lifecycle",
    key="ticket id",
    holds="complaint.*: what happens to tickets at the help desks",
    config=_config(
        cleanup_policy="delete",
        retention_ms=_REMEMBERED_MS,
        max_message_bytes=_MEBIBYTE,
        message_timestamp_type=_BY_THE_LOG,
    ),
    partitions=6,
)
REJECTED = Topic(
    "complaints.rejected",
    key="as the record came",
    holds="records that are no event of ours, untouched, with the reason in headers; may hold personal data",
    # Larger than for the input: the reason is added, and a batch may have been better compressed there.
    config=_config(
        cleanup_policy="delete",
        retention_ms=7 * _DAY_MS,
        max_message_bytes=4 * _MEBIBYTE,
        message_timestamp_type=_BY_THE_LOG,
    ),
    partitions=6,
    partitioned_like=LIFECYCLE.name,
)
BREACHES = Topic(
    "sla.breaches",
    key="ticket id",
    holds="sla.breached, sla.breach_retracted, sla.breach_settled: what billing charges from; sla.progress",
    config=_config(
        cleanup_policy="delete",
        retention_ms=FOR_EVER,
        retention_bytes=FOR_EVER,
        max_message_bytes=_OF_ANNOUNCEMENT,
        message_timestamp_type=_BY_THE_LOG,
    ),
    partitions=6,
    partitioned_like=LIFECYCLE.name,
)
CLOCKS = Topic(
    "sla.clocks",
    key="ticket id",
    holds="sla.at_risk, sla.met, sla.cancelled, sla.corrected: what operations look at",
    config=_config(
        cleanup_policy="delete",
        retention_ms=_REMEMBERED_MS,
        max_message_bytes=_OF_ANNOUNCEMENT,
        message_timestamp_type=_BY_THE_LOG,
    ),
    partitions=6,
    partitioned_like=LIFECYCLE.name,
)
TICKETS = Topic(
    "sla.tickets",
    key="ticket id@tenant",
    holds="the service's own state of each ticket; private, with a version",
    config=_config(
        cleanup_policy="compact", max_message_bytes=_OF_FULL_TICKET, message_timestamp_type=_BY_THE_LOG
    ),
    partitions=6,
    partitioned_like=LIFECYCLE.name,
)
POLICIES = Topic(
    "sla.policies",
    key="policy id@version, and others",
    holds="every policy version and calendar year ever published",
    config=_config(cleanup_policy="compact", message_timestamp_type=_BY_THE_LOG),
    partitions=1,
)
CHANNELS = Topic(
    "support.channels",
    key="desk id",
    holds="channel.*: whether support desks can be reached",
    config=_config(cleanup_policy="delete", message_timestamp_type=_BY_THE_LOG),
    partitions=1,  # desks are few
)
DESKS = Topic(
    "sla.desks",
    key="desk id@tenant",
    holds="the service's own state of each support desk; private, with a version",
    config=_config(
        cleanup_policy="compact", max_message_bytes=_OF_FULL_DESK, message_timestamp_type=_BY_THE_LOG
    ),
    partitions=1,
    partitioned_like=CHANNELS.name,
)

UNDELIVERABLE = Topic(
    "complaints.undeliverable",
    key="endpoint of the gateway",
    holds="verified webhooks that could not be mapped, as they came, with the reason; personal data",
    config=_config(
        cleanup_policy="delete",
        retention_ms=7 * _DAY_MS,
        max_message_bytes=4 * _MEBIBYTE,
        message_timestamp_type=_BY_THE_LOG,
    ),
    partitions=1,  # they are few, and one partition lists them in their order
)

SERVED = (LIFECYCLE, REJECTED, BREACHES, CLOCKS, TICKETS, POLICIES, CHANNELS, DESKS)  # what `run` needs
GATEWAYS = (LIFECYCLE, UNDELIVERABLE)  # what `gateway` needs
TOPICS = (*SERVED, UNDELIVERABLE)
