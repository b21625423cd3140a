"""Each topic as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_DAY_MS = 24 * 60 * 60 * 1000
_MEBIBYTE = 1024 * 1024
# With as much in it as it may have, each identifier and code as long as it may be. The second figure is what
# a test finds; what a policy with many clocks makes a ticket remember comes on top.
_OF_FULL_TICKET = 8 * _MEBIBYTE  # its state: 3.6 MB
_OF_FULL_DESK = 16 * _MEBIBYTE  # its state: 12.2 MB
_OF_ANNOUNCEMENT = 2 * _MEBIBYTE  # with all facts of a ticket as evidence: 1.2 MB


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it has to be. `partitions` is how many a new one gets when nobody says."""

    name: str  # without prefix
    key: str
    holds: str
    config: Mapping[str, str]
    partitions: int
    partitioned_like: str | None = None  # the topic that a new one gets as many partitions as

    def named(self, prefix: str) -> str:
        """Its name on a broker that others share."""
        return prefix + self.name


# The broker's clock, whatever a writer's says: of inputs, as evidence names the log's time of a record; of
# our own, as the answer tells what time it is there, and as none is refused for the time it bears.
_BY_THE_LOG = "LogAppendTime"


def _config(**settings: object) -> Mapping[str, str]:
    return MappingProxyType({name.replace("_", "."): str(setting) for name, setting in settings.items()})


LIFECYCLE = Topic(
    "complaints.lifecycle",
    key="ticket id",
    holds="complaint.*: what happens to tickets at the help desks",
    config=_config(cleanup_policy="delete", max_message_bytes=_MEBIBYTE, message_timestamp_type=_BY_THE_LOG),
    partitions=6,
)
REJECTED = Topic(
    "complaints.rejected",
    key="as the record came",
    holds="records that are no event of ours, untouched, with the reason in headers; may hold personal data",
    # Larger than the input's: the reason comes on top, and a batch may have been better compressed there.
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
    holds="sla.breached, sla.breach_retracted, sla.breach_settled: what billing charges from",
    config=_config(
        cleanup_policy="delete", max_message_bytes=_OF_ANNOUNCEMENT, message_timestamp_type=_BY_THE_LOG
    ),
    partitions=6,
    partitioned_like=LIFECYCLE.name,
)
CLOCKS = Topic(
    "sla.clocks",
    key="ticket id",
    holds="sla.at_risk, sla.met, sla.cancelled, sla.corrected: what operations look at",
    config=_config(
        cleanup_policy="delete", max_message_bytes=_OF_ANNOUNCEMENT, message_timestamp_type=_BY_THE_LOG
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
    key="policy id@version",
    holds="every policy version that was ever in use",
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

TOPICS = (LIFECYCLE, REJECTED, BREACHES, CLOCKS, TICKETS, POLICIES, CHANNELS, DESKS)
