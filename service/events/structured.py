"""CloudEvents in structured mode: one JSON object with attributes and data side by side."""

from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from schemas.envelope import DEFAULT_TENANT
from service.events.fact import CHANNELS, COMPLAINTS, Kinds, Tell, fact_of, ignore
from service.events.json_value import DEEPEST, read_json
from service.events.plain import plain
from service.events.rejection import TOO_LARGE, Reason, RejectedError, Rejection
from service.sla.facts import Fact

LARGEST_BYTES = 256 * 1024  # of a record, see service.kafka.codec.record; of a line in a file
LONGEST_TYPE = 256  # characters of a content type; no content type of JSON is longer


def decode_json(
    line: bytes, now: int | None = None, kinds: Kinds = COMPLAINTS, tell: Tell = ignore
) -> tuple[str, Fact] | Rejection:
    """Return the ticket (or desk) key and the fact of one event from a file, or a Rejection. Never raises.

    The fact has no partition and offset. Only events of these `kinds` are accepted. `now` in ms; without it,
    the future has no limit. `tell` as in fact_of.
    """
    if len(line) > LARGEST_BYTES:
        return TOO_LARGE
    found = plain(line, now, kinds=kinds)
    if found is None:
        try:
            found = fact_of(attributes(read_json(line, DEEPEST + 1)), now, kinds=kinds, tell=tell)
        except RejectedError as error:
            return error.rejection
    return found[1:]


class NamedTicket(NamedTuple):
    """What a rejected line is about, as far as it can be read. None: not a text."""

    tenant: str | None = None
    ticket_id: str | None = None
    is_about_desk: bool = False


def named_ticket(line: bytes) -> NamedTicket:
    """Return the ticket, or desk, that a rejected line names; see ticket_of."""
    try:
        event = read_json(line[:LARGEST_BYTES], DEEPEST + 1)
    except RejectedError:
        return NamedTicket()
    if not isinstance(event, dict):
        return NamedTicket()
    kind = event.get("type")
    return NamedTicket(*ticket_of(event), isinstance(kind, str) and kind in CHANNELS)


def ticket_of(event: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return tenant and ticket id of an event that may be no event of the contract.

    Without the attribute the tenant is the default one; None where either is no text.
    """
    tenant, subject = event.get("tenant"), event.get("subject")
    tenant = DEFAULT_TENANT if tenant is None else tenant
    return tenant if isinstance(tenant, str) else None, subject if isinstance(subject, str) else None


def attributes(event: Any) -> dict[str, Any]:
    """Return the event with `data_base64` decoded into `data`. Raises RejectedError."""
    if isinstance(event, list):
        raise RejectedError(Reason.BATCH_MODE, None, "several events in one record")
    if not isinstance(event, dict):
        raise RejectedError(Reason.NOT_A_CLOUDEVENT, None, "the value is not a JSON object")
    content_type = event.get("datacontenttype")
    if content_type is not None and not (isinstance(content_type, str) and is_json(content_type)):
        raise RejectedError(Reason.NOT_JSON, "datacontenttype", "is not JSON in UTF-8")
    if event.get("data_base64") is not None:
        event["data"] = _unpacked(event)
    return event


def is_json(content_type: str) -> bool:
    """True for a media type of JSON in UTF-8, the only encoding of JSON."""
    return len(content_type) <= LONGEST_TYPE and _is_json(content_type)


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    fits = media in {"application/json", "text/json"} or media.endswith("+json")
    return fits and all(charset in {"utf-8", "utf8", "us-ascii"} for charset in charsets)


def _unpacked(event: dict[str, Any]) -> Any:
    packed = event["data_base64"]
    if event.get("data") is not None or not isinstance(packed, str):
        raise RejectedError(Reason.BAD_FIELD, "data_base64", "stands beside data, or is not a string")
    try:
        text = b64decode(packed, validate=True)
    except ValueError:
        raise RejectedError(Reason.BAD_FIELD, "data_base64", "is not base64") from None
    return read_json(text)
