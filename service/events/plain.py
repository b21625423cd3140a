"""The fast path from an ordinary event to its fact: one pass over the JSON, into a form.

It accepts only events that the contract's models accept, and gives the same fact. For any other event it
gives None: only fact_of decides whether that event is wrong, and why.
"""

import msgspec

from schemas.instant import read_milliseconds
from service.events.fact import AHEAD_MS, CHANNELS, COMPLAINTS, EARLIEST_MS, LATEST_MS, Kinds
from service.events.forms import LONGEST, forms
from service.sla.facts import Fact
from service.sla.state import key

Found = tuple[str, str, Fact]  # subject, key of the ticket or desk, and fact, as fact_of gives them

ATTRIBUTES = ("specversion", "type", "id", "source", "subject", "tenant", "time")

_any, _data = forms(COMPLAINTS | CHANNELS)
_read = msgspec.json.Decoder(_any).decode
_read_data = {name: msgspec.json.Decoder(form).decode for name, form in _data.items()}
_fields = msgspec.to_builtins


def plain(
    event: bytes,
    now: int | None,
    recorded_at: int = 0,
    partition: int = -1,
    offset: int = -1,
    kinds: Kinds = COMPLAINTS,
) -> Found | None:
    """Return the same as fact_of for this event in structured mode; None: call fact_of."""
    try:
        form = _read(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = kinds.get(form.type)
    if found is None:
        return None
    data = {} if form.data is None else _fields(form.data)
    return _fact(
        found[0],
        form.id,
        form.source,
        form.subject,
        form.tenant,
        form.time,
        data,
        now,
        recorded_at,
        partition,
        offset,
    )


def plain_in_parts(
    attributes: tuple[bytes, ...],
    content: bytes,
    now: int | None,
    recorded_at: int = 0,
    partition: int = -1,
    offset: int = -1,
    kinds: Kinds = COMPLAINTS,
) -> Found | None:
    """Return the same as `plain` in binary mode: from the values of ATTRIBUTES, and the data as JSON."""
    try:
        version, name, *parts = b" ".join(attributes).decode().split(" ")
    except UnicodeDecodeError:
        return None
    found = kinds.get(name)
    if found is None or version != "1.0" or len(parts) != 5:  # not 5: an attribute has a space
        return None
    for identifier in parts[:-1]:
        if not 0 < len(identifier) <= LONGEST:
            return None
    try:
        data = _fields(_read_data[name](content))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    event_id, source, subject, tenant, time = parts
    return _fact(found[0], event_id, source, subject, tenant, time, data, now, recorded_at, partition, offset)


def _fact(
    kind: int,
    id: str,
    source: str,
    subject: str,
    tenant: str,
    at: str,
    data: dict[str, str | int],
    now: int | None,
    recorded_at: int,
    partition: int,
    offset: int,
) -> Found | None:
    said = f"{id}{source}{subject}{tenant}"
    for value in data.values():
        said = f"{said}{value}"
    # Control characters, surrogates and whitespace other than the space are not printable.
    if " " in said or "@" in said or not said.isprintable() or data.get("into") == subject:
        return None
    time = read_milliseconds(at)
    if time is None or not EARLIEST_MS <= time < LATEST_MS or (now is not None and time > now + AHEAD_MS):
        return None
    return subject, key(tenant, subject), Fact(time, kind, source, id, data, recorded_at, partition, offset)
