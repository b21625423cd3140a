"""Events out: what became of a promise. Apply by `breach_id`: the greater (`epoch`, `revision`) counts.

A field with a default is not in every record: older software did not write it.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from schemas.envelope import Contract, Event, Identifier
from schemas.instant import Instant

State = Literal["running", "paused", "met", "cancelled", "not_applicable", "at_risk", "breached"]
Seconds = float  # to the millisecond; counted by the clock's calendar


class PolicyVersion(Contract):
    """The published promise that was judged by."""

    id: str
    version: int
    sha256: str
    agreement: str = "default"


class TicketAttributes(Contract):
    """The attributes of the ticket that the verdict goes by; null is what is not known."""

    channel: str | None
    complexity: str | None
    priority: str | None
    category: str | None
    service: str | None
    region: str | None
    team: str | None


class Cause(Contract):
    """The event that brought this revision about."""

    source: Identifier
    event_id: Identifier


class Evidence(Contract):
    """An event that decided, and where the log holds it; what only a log knows is null offline."""

    source: Identifier
    event_id: Identifier
    type: str
    time: Instant
    recorded_at: Instant | None
    partition: NonNegativeInt | None
    offset: NonNegativeInt | None


class Verdict(Contract):
    """What is true of a level of a clock, or of a whole clock, in one cycle of a ticket."""

    breach_id: UUID
    epoch: NonNegativeInt = 0
    revision: PositiveInt
    state: State  # what holds now
    tenant: Identifier
    ticket_id: Identifier
    customer_id: Identifier | None
    cycle: PositiveInt
    clock: str
    level: str | None  # null: the whole clock
    rank: PositiveInt | None = None  # null: a whole clock, or a warning
    supersedes: UUID | None  # breach_id of the next lower breached level
    clause: str | None
    policy: PolicyVersion | None
    zone: str | None = None
    attributes: TicketAttributes | None = None
    started_at: Instant | None
    due_at: Instant | None
    stopped_at: Instant | None  # the clock's end, also a cancellation
    paused_seconds: Seconds | None
    elapsed_seconds: Seconds | None
    overrun_seconds: Seconds | None
    detected_at: Instant | None
    late_detection: bool
    reason: str | None
    cause: Cause | None
    evidence: tuple[Evidence, ...]


class OfLevel(Verdict):
    """About one level."""

    level: str


class OfClock(Verdict):
    """About a whole clock."""

    level: None


class EventOut(Event):
    """An event of the service. `id` is `breach_id:epoch:revision`, `subject` the ticket."""

    tenant: Identifier | None = None
    traceparent: str | None = None
    time: Instant | None = None  # the due instant; without one the clock's end, else the detection


class Breached(EventOut):  # made by `announcement` in service/sla/changes.py
    """A level's due instant has passed, or a retraction was undone."""

    type: Literal["sla.breached"]
    data: OfLevel


class BreachRetracted(EventOut):
    """A late, voided or corrected fact shows that it did not happen."""

    type: Literal["sla.breach_retracted"]
    data: OfLevel


class BreachSettled(EventOut):
    """The breached clock has ended: how long it took is known."""

    type: Literal["sla.breach_settled"]
    data: OfLevel


class AtRisk(EventOut):
    """A warning level's due instant has passed."""

    type: Literal["sla.at_risk"]
    data: OfLevel


class Met(EventOut):
    """The clock stopped in time."""

    type: Literal["sla.met"]
    data: OfClock


class Cancelled(EventOut):
    """The clock ended without a stop."""

    type: Literal["sla.cancelled"]
    data: OfClock


class Corrected(EventOut):
    """A warning, a met or a cancelled no longer holds; `state` says what does."""

    type: Literal["sla.corrected"]
    data: Verdict


class CompleteUntil(Contract):
    """Until when the breaches that one partition of an input shows are all told."""

    source_topic: str
    source_partition: NonNegativeInt
    source_partitions: PositiveInt
    complete_until: Instant


class ProgressEvent(EventOut):
    """Every breach that one input partition shows and that was due before `complete_until` stands before it.

    `subject` is the input partition. The record has no key.
    """

    type: Literal["sla.progress"]
    data: CompleteUntil


SlaEvent = Annotated[
    Breached | BreachRetracted | BreachSettled | AtRisk | Met | Cancelled | Corrected | ProgressEvent,
    Field(discriminator="type"),
]
SLA_EVENT: TypeAdapter[SlaEvent] = TypeAdapter(SlaEvent)
