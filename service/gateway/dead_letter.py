"""A dead letter: a verified delivery that could not be mapped, as a record of Kafka and back.

The value is the body as it came. Headers say whose it was, when it came, and why it could not be mapped. The
headers of the delivery are kept without the secret ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.gateway.intake import Unmappable

KafkaHeaders = Sequence[tuple[str, bytes | None]]

_OURS, THEIRS = "sla_undeliverable_", "http_"  # what the names of the record's headers begin with
_ENDPOINT, _CAME_AT, _DELIVERY = _OURS + "source", _OURS + "came_at", _OURS + "delivery"
_REASON, _FIELD, _RULE, _DETAIL = _OURS + "reason", _OURS + "field", _OURS + "rule", _OURS + "detail"
_MAPPING, _DIGEST = _OURS + "mapping", _OURS + "mapping_sha256"
ALWAYS = (_ENDPOINT, _CAME_AT, _REASON, _MAPPING, _DIGEST)  # headers of every dead letter
WHERE_KNOWN = (_DELIVERY, _FIELD, _RULE, _DETAIL)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter. `came_at` in ms; -1: unknown. repr shows nothing of the delivery."""

    endpoint: str
    came_at: int
    delivery: str  # what the product calls it; empty: nothing
    why: Unmappable
    mapping: str  # the name and the digest of the mapping that failed
    digest: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def record_of(letter: DeadLetter) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Return key, value and headers of the record for a dead letter."""
    said = {
        _ENDPOINT: letter.endpoint,
        _CAME_AT: str(letter.came_at),
        _DELIVERY: letter.delivery,
        _REASON: letter.why.reason,
        _FIELD: letter.why.field,
        _RULE: letter.why.rule,
        _DETAIL: letter.why.detail,
        _MAPPING: letter.mapping,
        _DIGEST: letter.digest,
    }
    ours = [(name, text.encode()) for name, text in said.items() if text]
    theirs = [(THEIRS + name, text.encode()) for name, text in letter.headers.items()]
    return letter.endpoint.encode(), letter.body, [*ours, *theirs]


def letter_of(value: bytes | None, headers: KafkaHeaders) -> DeadLetter:
    """Return the dead letter in a record. Any client with the right to write may have written it."""
    said = {name: (text or b"").decode("utf-8", "replace") for name, text in headers}
    came_at = said.get(_CAME_AT, "")
    known = came_at.isascii() and came_at.isdecimal() and len(came_at) < 16
    return DeadLetter(
        said.get(_ENDPOINT, ""),
        int(came_at) if known else -1,
        said.get(_DELIVERY, ""),
        Unmappable(
            said.get(_REASON, "unknown"), said.get(_FIELD, ""), said.get(_DETAIL, ""), said.get(_RULE, "")
        ),
        said.get(_MAPPING, ""),
        said.get(_DIGEST, ""),
        {name.removeprefix(THEIRS): text for name, text in said.items() if name.startswith(THEIRS)},
        value or b"",
    )
