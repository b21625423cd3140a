"""The events out: each announces one change of what is true about a level of a clock."""

from enum import StrEnum

import msgspec

from service.sla.facts import Fact
from service.sla.grounds import AttributesTold
from service.sla.judge import LevelState
from service.sla.policy import Policy


class Type(StrEnum):
    """The kinds of events out. Their order is stored: append only."""

    BREACHED = "sla.breached"
    BREACH_SETTLED = "sla.breach_settled"
    BREACH_RETRACTED = "sla.breach_retracted"
    AT_RISK = "sla.at_risk"
    MET = "sla.met"
    CANCELLED = "sla.cancelled"
    CORRECTED = "sla.corrected"


# Types that go to the topic of breaches.
BILLING = frozenset({Type.BREACHED, Type.BREACH_SETTLED, Type.BREACH_RETRACTED})


class Announcement(msgspec.Struct, frozen=True, gc=False):
    """The content of one event out. Instants are ms since the epoch, lengths are ms."""

    type: Type
    breach_id: str
    epoch: int  # ms: when the ticket became known; 0 offline, of desks, and of tickets older than epochs
    revision: int  # 1, 2, … per breach_id and epoch
    state: LevelState  # what holds now
    tenant: str
    ticket_id: str
    customer_id: str | None
    cycle: int
    clock: str
    level: str | None  # None for sla.met and sla.cancelled
    rank: int | None  # of a breach level: its place among those of its clock, from 1
    supersedes: str | None  # breach_id of the next lower breached level
    clause: str | None
    policy: Policy | None  # None when a retraction finds no policy that judges the cycle any more
    zone: str | None  # IANA name, or an offset such as +08:00: in which the months of `due_at` begin
    attributes: AttributesTold | None  # None: of a desk, or unknown
    started_at: int | None
    due_at: int | None
    stopped_at: int | None
    paused_for: int | None
    elapsed_for: int | None  # None while the clock runs
    overrun_for: int | None  # None while the clock runs
    detected_at: int | None  # None offline
    late_detection: bool
    reason: str | None
    cause: Fact | None
    evidence: tuple[Fact, ...]
    # The rest is no part of the event.
    true_at: int | None = None  # from which instant on it is true by the facts
    caused_by: Fact | None = None  # the fact that brought it about; None: an instant did, or other policies
