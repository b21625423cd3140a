"""What becomes of a verified delivery: events that may be published, nothing, or a dead letter. Pure.

How it works: the body is read by the strict JSON reader and mapped. Every event of it passes the decoder that
the service reads its input with. So nothing that the gateway publishes is rejected later.

What must never happen: that a part of a delivery is published. One event that the service would reject makes
a dead letter of the whole delivery, and a retry gives all of it, with the same ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from service.events.fact import COMPLAINTS, Fitted
from service.events.json_value import read_json
from service.events.rejection import RejectedError, Rejection
from service.events.structured import decode_json
from service.gateway.source import HookSource
from service.mapping.delivery import Delivery
from service.mapping.mapped import Dropped, Event, UnmappableError
from service.sla.facts import Kind

MOST_EVENTS = 1_000  # of one delivery, as many as a ticket may have
UNMAPPABLE, TOO_MANY_EVENTS = "unmappable", "too_many_events"  # beside the reasons of rejections

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class MappedEvent:
    """An event that the service accepts. `key` and `value`: its record. `time` in ms."""

    key: bytes
    value: bytes
    kind: str
    time: int


@dataclass(frozen=True, slots=True)
class Publishable:
    """The events of a delivery in the order in which its mapping names them; none: it is irrelevant."""

    events: tuple[MappedEvent, ...]
    dropped: tuple[Dropped, ...]  # by the mapping; their text is for the mapping's author only
    fitted: tuple[Fitted, ...]  # codes that did not fit as they came


@dataclass(frozen=True, slots=True)
class Unmappable:
    """Why a delivery becomes a dead letter. Nothing here quotes its body."""

    reason: str
    field: str
    detail: str
    rule: str = ""


def take(
    source: HookSource, body: bytes, headers: Mapping[str, str], came_at: int, now: int
) -> Publishable | Unmappable:
    """Return what becomes of a verified delivery. `came_at`, `now`: ms; they differ when it is retried."""
    try:
        parsed = read_json(body)
    except RejectedError as error:
        return _unmappable(error.rejection)
    try:
        delivery = Delivery(parsed, headers, source.endpoint, came_at)
        mapped = source.mapping.of_delivery(delivery, tenant=source.tenant)
    except UnmappableError as error:
        return Unmappable(UNMAPPABLE, error.field, str(error), error.rule)
    if len(mapped.events) > MOST_EVENTS:
        return Unmappable(TOO_MANY_EVENTS, "", f"one delivery gives more than {MOST_EVENTS} events")
    return _accepted(mapped.events, mapped.dropped, now)


def _accepted(events: Sequence[Event], dropped: Sequence[Dropped], now: int) -> Publishable | Unmappable:
    fitted: list[Fitted] = []
    accepted: list[MappedEvent] = []
    for event in events:
        value = _encode(event)
        found = decode_json(value, now, COMPLAINTS, fitted.append)
        if isinstance(found, Rejection):
            return _unmappable(found)
        fact = found[1]
        accepted.append(MappedEvent(str(event["subject"]).encode(), value, Kind(fact.kind).word, fact.time))
    return Publishable(tuple(accepted), tuple(dropped), tuple(fitted))


def _unmappable(rejection: Rejection) -> Unmappable:
    return Unmappable(rejection.reason.value, rejection.field or "", str(rejection))
