"""The trace context of an input record."""

from service.events.traceparent import NAME, fit, in_structured
from service.kafka.codec.record import Record


def traceparent_of(record: Record) -> bytes | None:
    """The `traceparent` of a record that was accepted as an event; None: none, or one of another form."""
    headers = dict(record.headers)
    if "ce_specversion" in headers:
        return fit(headers.get(f"ce_{NAME}"))
    return in_structured(record.value or b"")
