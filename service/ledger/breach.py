"""A breach as the ledger reads it: the parts of an event of `sla.breaches` that decide about money.

Of a `breach_id` the greatest (`epoch`, `revision`) counts, in whatever order the events come.
Types and fields that the ledger does not know are ignored. A field that it reads must keep the contract.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple

import msgspec

from schemas.instant import EPOCH, read_milliseconds
from service.errors import RefusalError
from service.timezones import database_version, zone_or_offset

BREACHED = frozenset({"sla.breached", "sla.breach_settled"})  # after these events the breach stands
RETRACTED = "sla.breach_retracted"

_Identifier = Annotated[
    str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[^\s@\u0000-\u001f\u007f-\u009f]+$")
]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
_LARGEST = 2**63 - 1  # of a whole number that a database keeps
_FromZero = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
_FromOne = Annotated[int, msgspec.Meta(ge=1, le=_LARGEST)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
_Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
_PLACE = re.compile(r" - at `\$\.?([^`]*)`$")


class BadBreachError(RefusalError):
    """An event is no breach of the contract. The text names the field and the reason, not the place."""


class Item(NamedTuple):
    """What is charged once: one clock in one cycle of a ticket, or of a desk."""

    tenant: str
    ticket_id: str
    cycle: int
    clock: str

    def __str__(self) -> str:
        return f"{self.ticket_id}/{self.cycle}/{self.clock}"


class Account(NamedTuple):
    """A customer of a tenant."""

    tenant: str
    customer: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.customer}"


class Breach(msgspec.Struct, frozen=True, gc=False):
    """The latest that was told of one level of an item. Instants and lengths in ms."""

    breach_id: str
    epoch: int
    revision: int
    stands: bool
    item: Item
    customer_id: str | None  # None: of a desk, or unknown
    level: str
    rank: int | None  # among the levels of its clock, from 1; None: told by software without ranks
    supersedes: str | None  # the breach_id of the next lower level
    policy: str | None  # id
    zone: str | None
    due_at: int | None
    month: str | None  # `2026-10`, of `due_at` in `zone`; None where one of them is unknown
    overrun: int | None  # None while the clock runs

    @property
    def version(self) -> tuple[int, int]:
        """The place among all that is told of this `breach_id`; the greatest counts."""
        return self.epoch, self.revision


class _Policy(msgspec.Struct):
    id: str


class _Told(msgspec.Struct):
    """See schemas.sla; fields that billing does not read are left out."""

    breach_id: _Uuid
    revision: _FromOne
    tenant: _Identifier
    ticket_id: _Identifier
    customer_id: _Identifier | None
    cycle: _FromOne
    clock: _Name
    level: _Name
    due_at: str | None
    epoch: _FromZero = 0
    rank: _FromOne | None = None
    supersedes: _Uuid | None = None
    policy: _Policy | None = None
    zone: str | None = None
    overrun_seconds: _Seconds | None = None


def read_breach(type: str, data: Any) -> Breach | None:
    """Return what an event with this `type` and `data` tells; None for a type that is no news of a breach.

    Raises BadBreachError.
    """
    if type not in BREACHED and type != RETRACTED:
        return None
    try:
        told = msgspec.convert(data, _Told)
    except msgspec.ValidationError as error:
        raise BadBreachError(f"{type}: {_reason(str(error))}") from None
    stands = type in BREACHED
    due_at = _due_at(type, told, stands=stands)
    return Breach(
        breach_id=told.breach_id,
        epoch=told.epoch,
        revision=told.revision,
        stands=stands,
        item=Item(told.tenant, told.ticket_id, told.cycle, told.clock),
        customer_id=told.customer_id,
        level=told.level,
        rank=told.rank,
        supersedes=told.supersedes,
        policy=told.policy.id if told.policy else None,
        zone=told.zone,
        due_at=due_at,
        month=_month(type, due_at, told.zone),
        overrun=None if told.overrun_seconds is None else round(told.overrun_seconds * 1000),
    )


def _due_at(type: str, told: _Told, *, stands: bool) -> int | None:
    if told.due_at is None:
        if stands:
            raise BadBreachError(f"{type}: due_at: is null; a breach that stands has a due instant")
        return None
    due_at = read_milliseconds(told.due_at)
    if due_at is None:
        raise BadBreachError(
            f"{type}: due_at: is no instant with an offset, such as 2026-10-05T02:30:00.000Z"
        )
    return due_at


def _month(type: str, due_at: int | None, zone: str | None) -> str | None:
    if due_at is None or zone is None:
        return None
    try:
        return month_of(due_at, zone)
    except KeyError:
        raise BadBreachError(
            f"{type}: zone: is no IANA time zone of {database_version()} and no offset; "
            "if it is newer, update the ledger"
        ) from None
    except OverflowError:
        raise BadBreachError(f"{type}: due_at: is outside the years 1 to 9999 in its zone") from None


def local(instant: int, zone: str) -> datetime:
    """Return the local time of an instant (ms). Raises KeyError for no zone, OverflowError for a far year."""
    try:
        found = zone_or_offset(zone)
    except ValueError:
        raise KeyError(zone) from None
    return (EPOCH + timedelta(milliseconds=instant)).astimezone(found)


def month_of(instant: int, zone: str) -> str:
    """Return the month of an instant (ms) in a zone, such as `2026-10`. Raises as `local`."""
    there = local(instant, zone)
    return f"{there.year:04d}-{there.month:02d}"


def latest(told: Iterable[Breach]) -> dict[str, Breach]:
    """Return by `breach_id` what counts of all that was told. Raises BadBreachError as `replaces`."""
    found: dict[str, Breach] = {}
    for one in told:
        if replaces(one, found.get(one.breach_id)):
            found[one.breach_id] = one
    return found


def replaces(told: Breach, known: Breach | None) -> bool:
    """True if `told` counts in place of `known`. Raises BadBreachError if one version says two things."""
    if known is None or told.version > known.version:
        return True
    if told.version == known.version and told != known:
        raise BadBreachError(
            f"{told.breach_id}: revision {told.revision} of epoch {told.epoch} says two different things; "
            "two services may be writing to one topic"
        )
    return False


def _reason(message: str) -> str:
    """Return `field: reason` of a message of msgspec."""
    found = _PLACE.search(message)
    place = found[1] if found else ""
    text = _PLACE.sub("", message)
    text = text[0].lower() + text[1:].replace("`", "")
    if missing := re.fullmatch(r"object missing required field (\w+)", text):
        return f"{place}{'.' if place else ''}{missing[1]}: is missing"
    return f"{place}: {text}" if place else text
