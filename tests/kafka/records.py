"""Records as a consumer gives them, and the event most tests begin with."""

import json
from typing import Any

from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.record import Record, size_of

PARTITIONS = 6
NOW = 1_772_413_265_000  # 2026-03-02T01:01:05Z
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/desk",
    "type": "complaint.received",
    "subject": "T-1001",
    "time": "2026-03-02T09:01:00.250+08:00",
    "tenant": "acme",
    "datacontenttype": "application/json",
    "data": {"customer_id": "C-1", "channel": "phone"},
}
STRUCTURED = ("content-type", b"application/cloudevents+json; charset=UTF-8")


def record(value, headers=(), key=b"T-1001", partition=None) -> Record:
    belongs = murmur2(key or b"", PARTITIONS) if partition is None else partition
    headers = tuple(headers)
    return Record("complaints.lifecycle", belongs, 7, NOW, key, value, headers, size_of(key, value, headers))


def changed(**changes: Any) -> dict[str, Any]:
    """EVENT with other attributes; `...` leaves one out."""
    return {name: value for name, value in (EVENT | changes).items() if value is not ...}


def structured(event: Any, key=b"T-1001") -> Record:
    return record(json.dumps(event).encode(), [STRUCTURED], key)


def binary(event: dict[str, Any], key=b"T-1001") -> Record:
    headers = [
        (f"ce_{name}", value.encode())
        for name, value in event.items()
        if name not in ("data", "datacontenttype")
    ]
    content_type = ("content-type", event.get("datacontenttype", "application/json").encode())
    return record(json.dumps(event.get("data")).encode(), [content_type, *headers], key)
