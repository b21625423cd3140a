"""Writes an accepted event as it leaves this product: with the fields of the contract, and no others.

Whatever else a line or a row had stays behind: free text, names, addresses, unknown fields.
"""

import msgspec

from schemas.instant import written
from service.sla.facts import Fact, Kind
from service.sla.state import names

_encode = msgspec.json.Encoder().encode


def reduced(key: str, fact: Fact, traceparent: bytes | None = None) -> bytes:
    """Return the structured CloudEvent of a complaint's fact. `key`: of the ticket, see state.key."""
    tenant, ticket_id = names(key)
    event = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": f"complaint.{Kind(fact.kind).word}",
        "subject": ticket_id,
        "time": written(fact.time),
        "tenant": tenant,
        "datacontenttype": "application/json",
        "data": fact.data,
    }
    if traceparent is not None:
        event["traceparent"] = traceparent.decode()
    return _encode(event)
