"""The state of a ticket: its facts and announcements, as the changelog holds them."""

import struct

import msgspec
from msgspec.structs import astuple, replace

from service.sla.facts import Fact
from service.sla.grounds import AttributesTold
from service.sla.told import Announced, Told, check_attributes

STATE_VERSION = 2
NO_MESSAGEPACK = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # the decoder raises these
NEVER = (1 << 63) - 1  # the wake instant of a ticket that is not waiting

_HEADER = struct.Struct(">BqqqQqq")  # version, and the fields of Header
_FIELDS = struct.Struct(">xqqqQqq")  # the fields of Header alone
_LATEST = struct.Struct(">q")  # the last field
_HEADER_1 = struct.Struct(">BqqqQ")  # of version 1, which had no `waits_from`
_SIZES = {1: _HEADER_1.size, STATE_VERSION: _HEADER.size}  # of the header, by version
_NO_EDITION = 0  # of no policies


class Header(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The head of a changelog value, which the owner reads without decoding the state."""

    reflects: int  # the last input offset that the state takes into account
    at: int  # the instant (ms) it was judged at; no later judgement is at an earlier instant
    wake_at: int  # the instant (ms) after which to evaluate it again
    edition: int = 0  # of the policies that judged it
    waits_from: int = NEVER  # the first instant (ms) of a ticket that waits for a calendar year; NEVER: none
    latest: int = NEVER  # the latest instant (ms) of a fact; NEVER: not known, or of a desk


class UnreadableStateError(ValueError):
    """A changelog record is no state of ours. `key`: the changelog key, if known."""

    def __init__(self, problem: str, key: str | None = None) -> None:
        super().__init__(problem)
        self.key = key


class UnknownStateVersionError(UnreadableStateError):
    """The changelog was written by a newer version of this software."""


class Ticket(msgspec.Struct, array_like=True, gc=False):
    """The state of one ticket. `facts` has one entry per identity."""

    facts: list[Fact]
    announced: list[Announced] = msgspec.field(name="told")  # the name of the field in a dump
    seen_at: int = 0  # ms, by our own clock: when the ticket's last record was processed
    epoch: int = 0  # ms, by our own clock: when its first record was; 0: before there were epochs
    attributes: list[AttributesTold] = []  # see Told

    def __post_init__(self) -> None:
        """Raise ValueError when an announcement tells attributes that are not there: not written by us."""
        check_attributes(self.announced, len(self.attributes))

    @property
    def told(self) -> Told:
        """What was announced of the ticket."""
        return Told(self.announced, self.attributes)

    def tell(self, told: Told) -> None:
        """Note what was announced of the ticket."""
        self.announced, self.attributes = list(told.announced), list(told.attributes)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Ticket)


def key(tenant: str, ticket_id: str) -> str:
    """The changelog key of a ticket. No id contains an `@`."""
    return f"{ticket_id}@{tenant}"


def names(key: str) -> tuple[str, str]:
    """Tenant and ticket id of a changelog key."""
    ticket_id, _, tenant = key.rpartition("@")
    return tenant, ticket_id


def encode(state: object, header: Header) -> bytes:
    """Encode the changelog value of a ticket, or of a desk."""
    return _packed(header) + _encoder.encode(state)


def decode(value: bytes) -> Ticket:
    """Decode the ticket of a changelog value, after its header was checked. Raises UnreadableStateError."""
    try:
        return _decoder.decode(content(value))
    except NO_MESSAGEPACK:
        raise UnreadableStateError("its value is no state of a ticket") from None


def content(value: bytes) -> bytes:
    """A changelog value without its header."""
    return value[_SIZES[value[0]] :]


def rewake(value: bytes, wake_at: int) -> bytes:
    """The same changelog value in today's version, to be evaluated after `wake_at` (ms)."""
    return _packed(replace(header(value), wake_at=wake_at)) + content(value)


def unread(value: bytes) -> bytes:
    """The same changelog value, as if it reflected no offset of the input."""
    return _packed(replace(header(value), reflects=-1)) + content(value)


def latest(value: bytes) -> int:
    """The latest instant (ms) of a fact in a changelog value; NEVER: not known."""
    return int(_LATEST.unpack_from(value, _HEADER.size - _LATEST.size)[0]) if value[0] > 1 else NEVER


def _packed(header: Header) -> bytes:
    return _HEADER.pack(STATE_VERSION, *astuple(header))


def header(value: bytes) -> Header:
    """Decode the head of a changelog value. Raises UnreadableStateError.

    Version 1 does not say whether its ticket waits for a calendar year. So it has the edition of no policies,
    and its ticket is judged once more.
    """
    version = value[0] if value else 0
    if version == STATE_VERSION and len(value) >= _FIELDS.size:
        return Header(*_FIELDS.unpack_from(value))
    if len(value) < _SIZES.get(version, _HEADER_1.size):  # no version has a shorter one
        raise UnreadableStateError("its value is no state of a ticket")
    if version == 1:
        _, reflects, at, wake_at, _ = _HEADER_1.unpack_from(value)
        return Header(reflects, at, wake_at, _NO_EDITION)
    raise UnknownStateVersionError(
        f"the changelog holds state of version {version}, this one reads up to {STATE_VERSION}: run the newer"
    )
