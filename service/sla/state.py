"""The state of a ticket: its facts and announcements, as the changelog holds them."""

import struct

import msgspec
from msgspec.structs import replace

from service.sla.changes import Announced
from service.sla.facts import Fact

STATE_VERSION = 1
NO_MESSAGEPACK = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # the decoder raises these
NEVER = (1 << 63) - 1  # the wake instant of a ticket that is not waiting

_HEADER = struct.Struct(">BqqqQ")  # version, and the fields of Header


class Header(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The head of a changelog value, which the owner reads without decoding the state."""

    reflects: int  # the last input offset that the state takes into account
    at: int  # the instant (ms) it was judged at; no later judgement is at an earlier instant
    wake_at: int  # the instant (ms) after which to evaluate it again
    edition: int = 0  # of the policies that judged it


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
    return value[_HEADER.size :]


def rewake(value: bytes, wake_at: int) -> bytes:
    """The same changelog value, to be evaluated after `wake_at` (ms)."""
    return _packed(replace(header(value), wake_at=wake_at)) + content(value)


def unread(value: bytes) -> bytes:
    """The same changelog value, as if it reflected no offset of the input."""
    return _packed(replace(header(value), reflects=-1)) + content(value)


def _packed(header: Header) -> bytes:
    return _HEADER.pack(STATE_VERSION, header.reflects, header.at, header.wake_at, header.edition)


def header(value: bytes) -> Header:
    """Decode the head of a changelog value. Raises UnreadableStateError."""
    try:
        version, *fields = _HEADER.unpack_from(value)
    except struct.error:
        raise UnreadableStateError("its value is no state of a ticket") from None
    if version != STATE_VERSION:
        raise UnknownStateVersionError(
            f"the changelog holds state of version {version}, this one reads {STATE_VERSION}: run the newer"
        )
    return Header(*fields)
