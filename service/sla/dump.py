"""Reads and writes a dump of all tickets, without partitions: JSON Lines with header, tickets and end line.

Instants are ms. The input offsets that tickets reflect are left out: they mean nothing in other partitions.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec.structs import asdict

from schemas.instant import written
from service.sla import state
from service.sla.facts import Fact, Kind
from service.sla.state import NEVER, STATE_VERSION, Header, Ticket
from service.sla.told import Announced

DUMP_VERSION = 1
_NOTHING_READ = -1  # the input offset of imported state: the owner continues at the group's own offset

_INSTANTS = ("wake_at", "waits_from", "latest")  # of a header, that may be NEVER

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


class BadDumpError(ValueError):
    """A line of a dump that `export` did not write. The error's text is one line, without the content."""


class DumpRecord(NamedTuple):
    """A ticket to write to the changelog."""

    tenant: str
    ticket_id: str
    value: bytes


class _Mark(msgspec.Struct):
    """The field that the first line of every version has."""

    sla_timer_state: int  # version of the dump format


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    sla_timer_state: int
    state_version: int
    topic: str
    partitions: int
    exported_at: str


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    tenant: str
    ticket_id: str
    header: dict[str, Any]  # the fields of Header except `reflects`; an instant None: NEVER
    ticket: dict[str, Any]  # the fields of Ticket


class _End(msgspec.Struct, forbid_unknown_fields=True):
    tickets: int


def head(topic: str, partitions: int, now: int) -> bytes:
    """The first line of a dump. `now` in ms."""
    return msgspec.json.encode(_Head(DUMP_VERSION, STATE_VERSION, topic, partitions, written(now))) + b"\n"


def line(key: str, value: bytes) -> bytes:
    """The dump line of a ticket, from its changelog record. Raises UnknownStateVersionError."""
    header = asdict(state.header(value))
    ticket = state.decode(value)
    tenant, ticket_id = state.names(key)
    del header["reflects"]
    header |= {name: None for name in _INSTANTS if header[name] == NEVER}
    content = _fields(ticket) | {
        "facts": [{**_fields(fact), "kind": Kind(fact.kind).word} for fact in ticket.facts],
        "told": [_fields(latest) for latest in ticket.announced],
    }
    return msgspec.json.encode(_Line(tenant, ticket_id, header, content)) + b"\n"


def end(tickets: int) -> bytes:
    """The last line of a dump: a dump without it is incomplete."""
    return msgspec.json.encode(_End(tickets)) + b"\n"


def records(lines: Iterable[bytes]) -> Iterator[DumpRecord]:
    """Yield the tickets of a dump; a normal end of the iteration proves that the dump is complete.

    Raises BadDumpError.
    """
    numbered = enumerate(lines, start=1)
    _, first = next(numbered, (1, b""))
    _check(first)
    seen: set[str] = set()
    for number, text in numbered:
        if text.startswith(b'{"tickets":'):
            if _read(text, _End, number).tickets != len(seen) or next(numbered, None):
                raise BadDumpError(f"{number}: tickets: is not the number of lines above, or lines follow")
            return
        record = _record(text, number)
        key = state.key(record.tenant, record.ticket_id)
        if key in seen:
            raise BadDumpError(f"{number}: ticket_id: appears twice")
        seen.add(key)
        yield record
    raise BadDumpError(f"{len(seen) + 2}: the last line is missing: the dump is not whole")


def _check(first: bytes) -> None:
    try:
        version = msgspec.json.decode(first, type=_Mark).sla_timer_state
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadDumpError("1: is no dump of sla-timer state") from None
    if version != DUMP_VERSION:
        raise BadDumpError(f"1: sla_timer_state: is {version}, this one reads {DUMP_VERSION}")
    found = _read(first, _Head, 1)
    if found.state_version > STATE_VERSION:
        raise BadDumpError(
            f"1: state_version: is {found.state_version}, this one reads up to {STATE_VERSION}: run the newer"
        )


def _record(text: bytes, number: int) -> DumpRecord:
    found = _read(text, _Line, number)
    names = found.tenant, found.ticket_id
    if any("@" in name or not name for name in names):
        raise BadDumpError(f"{number}: ticket_id or tenant: is not a valid id")
    try:
        facts = [_struct(Fact, {**given, "kind": _kind(given)}) for given in found.ticket["facts"]]
        announced = [_struct(Announced, given) for given in found.ticket["told"]]
        ticket = _struct(Ticket, found.ticket | {"facts": facts, "told": announced})
        header = _header(found.header)
    except (msgspec.ValidationError, KeyError, TypeError, ValueError) as error:
        raise BadDumpError(f"{number}: header or ticket: {error}") from None
    return DumpRecord(*names, state.encode(ticket, header))


def _read(text: bytes, form: type[_Struct], number: int) -> _Struct:
    try:
        return msgspec.json.decode(text, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadDumpError(f"{number}: {error}") from None


def _kind(given: dict[str, Any]) -> int:
    try:
        return Kind[str(given["kind"]).upper()]
    except KeyError:
        raise ValueError("an unknown kind") from None


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    return {field.encode_name: getattr(struct, field.name) for field in msgspec.structs.fields(struct)}


def _struct(form: type[_Struct], given: dict[str, Any]) -> _Struct:
    """Make a struct from its fields by name; a newer field with a default may be missing."""
    fields = msgspec.structs.fields(form)
    if unknown := set(given) - {field.encode_name for field in fields}:
        raise ValueError(f"unknown field: {min(unknown)!r}")
    values = [given[field.encode_name] if field.encode_name in given else _default(field) for field in fields]
    if missing := [
        field.encode_name for field, value in zip(fields, values, strict=True) if value is msgspec.NODEFAULT
    ]:
        raise ValueError(f"missing: {missing[0]}")
    return msgspec.convert(values, form)


def _default(field: Any) -> Any:
    """The default of a field; NODEFAULT without one."""
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()


def _header(given: dict[str, Any]) -> Header:
    instants = {name: NEVER for name in _INSTANTS if given.get(name) is None}
    if "wake_at" not in given:
        raise KeyError("wake_at")
    if "waits_from" not in given:  # a dump of version 1: see state.header
        instants["edition"] = 0
    return msgspec.convert(given | instants | {"reflects": _NOTHING_READ}, Header)
