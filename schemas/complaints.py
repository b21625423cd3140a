"""Events in on `complaints.lifecycle`: what happens to a complaint ticket at the help desk."""

from typing import Annotated, Literal, get_args

from pydantic import Field, StrictInt, TypeAdapter

from schemas.code import ClosedMadeFit, Code
from schemas.envelope import Contract, EventIn, Identifier

_Channel = Literal["online", "phone", "email", "other"]
CHANNELS: tuple[str, ...] = get_args(_Channel)
_channel = ClosedMadeFit(*CHANNELS)
Channel = Annotated[_Channel, _channel]
OptionalChannel = Annotated[_Channel | None, _channel]
Complexity = Literal["general", "complex"]  # an absent one counts as general
COMPLEXITIES: tuple[str, ...] = get_args(Complexity)


class Nothing(Contract):
    """No data."""


class Attributes(Contract):
    """What policies may ask for, beside customer and channel."""

    complexity: Complexity | None = None
    priority: Code = None
    category: Code = None
    service: Code = None
    region: Code = None


class Receipt(Attributes):
    """Who complained, and how."""

    customer_id: Identifier  # an opaque reference, never a name or a number to call
    channel: Channel
    team: Code = None


class Reopening(Attributes):
    """The attributes of a receipt; they count when there was neither a receipt nor a refusal."""

    customer_id: Identifier | None = None
    channel: OptionalChannel = None
    team: Code = None


class Refusal(Reopening):
    """Why the desk refused; the attributes of a receipt, which count when there was none."""

    reason: Code = None


class Response(Contract):
    """Who began to handle the complaint; only an agent is a response, and an absent `by` is one."""

    by: Literal["agent", "bot", "system"] | None = None
    agent_id: Code = None


class Resolution(Contract):
    """How it was solved."""

    resolution_code: Code = None


class Why(Contract):
    """A code that says why."""

    reason: Code = None


class Merger(Contract):
    """The ticket that goes on."""

    into: Identifier | None = None


class Assignment(Contract):
    """Who has it now."""

    team: Code = None
    agent_id: Code = None


class Satisfaction(Contract):
    """What the customer thought of it, 5 being best."""

    score: Annotated[StrictInt, Field(ge=1, le=5)]


class Mistake(Contract):
    """The event that was a mistake; an absent source is that of this event."""

    event_id: Identifier
    event_source: Identifier | None = None


class Received(EventIn):
    """The complaint arrived: the first cycle starts."""

    type: Literal["complaint.received"]
    data: Receipt


class ResponseStarted(EventIn):
    """Its handling began."""

    type: Literal["complaint.response_started"]
    data: Response = Response()


class PreliminarySolutionProvided(EventIn):
    """The customer has a preliminary solution."""

    type: Literal["complaint.preliminary_solution_provided"]
    data: Nothing = Nothing()


class Resolved(EventIn):
    """Solved, the customer does not know yet."""

    type: Literal["complaint.resolved"]
    data: Resolution = Resolution()


class FeedbackDelivered(EventIn):
    """The customer knows the result."""

    type: Literal["complaint.feedback_delivered"]
    data: Nothing = Nothing()


class FollowedUp(EventIn):
    """The desk asked whether the customer is satisfied."""

    type: Literal["complaint.followed_up"]
    data: Nothing = Nothing()


class Withdrawn(EventIn):
    """The customer took the complaint back."""

    type: Literal["complaint.withdrawn"]
    data: Why = Why()


class Merged(EventIn):
    """The complaint goes on in another ticket."""

    type: Literal["complaint.merged"]
    data: Merger = Merger()


class Refused(EventIn):
    """The desk does not take the complaint."""

    type: Literal["complaint.refused"]
    data: Refusal = Refusal()


class Closed(EventIn):
    """The ticket was closed, whatever that means at the desk."""

    type: Literal["complaint.closed"]
    data: Nothing = Nothing()


class Reopened(EventIn):
    """The complaint is open again."""

    type: Literal["complaint.reopened"]
    data: Reopening = Reopening()


class Reclassified(EventIn):
    """These attributes change from now on; the others stay."""

    type: Literal["complaint.reclassified"]
    data: Attributes = Attributes()


class Resumed(EventIn):
    """The desk goes on."""

    type: Literal["complaint.resumed"]
    data: Why = Why()


class Paused(EventIn):
    """The desk waits, for the customer say."""

    type: Literal["complaint.paused"]
    data: Why = Why()


class Reassigned(EventIn):
    """Somebody else handles it."""

    type: Literal["complaint.reassigned"]
    data: Assignment = Assignment()


class SatisfactionSubmitted(EventIn):
    """The customer gave a score."""

    type: Literal["complaint.satisfaction_submitted"]
    data: Satisfaction


class Voided(EventIn):
    """An earlier event was a mistake: judge as if it had never been sent."""

    type: Literal["complaint.voided"]
    data: Mistake


ComplaintEvent = Annotated[
    Received
    | ResponseStarted
    | PreliminarySolutionProvided
    | Resolved
    | FeedbackDelivered
    | FollowedUp
    | Withdrawn
    | Merged
    | Refused
    | Closed
    | Reopened
    | Reclassified
    | Resumed
    | Paused
    | Reassigned
    | SatisfactionSubmitted
    | Voided,
    Field(discriminator="type"),
]
COMPLAINT_EVENT: TypeAdapter[ComplaintEvent] = TypeAdapter(ComplaintEvent)
