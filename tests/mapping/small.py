"""Small mapping files for tests of one part of the language."""

import json
from typing import Any

from service.mapping.delivery import Delivery
from service.mapping.mapped import Mapped
from service.mapping.mapping import Mapping
from service.mapping.mapping_file import read_mapping_bytes

RULE = {"rule": "r", "event": "closed", "ticket": "t", "id": "{t}/closed", "time": "at"}
BODY = {"t": "T-1", "at": "2026-03-02T09:00:00+08:00"}


def mapping_of(*rules: dict[str, Any], **more: Any) -> Mapping:
    said = {"mapping": "small", "source": "/small", "deliveries": list(rules), **more}
    return read_mapping_bytes("small.yaml", json.dumps(said, ensure_ascii=False).encode())


def mapped(rule: dict[str, Any], body: Any = None, **delivery: Any) -> Mapped:
    """What a body gives by the rule above with changes."""
    by = mapping_of({name: value for name, value in {**RULE, **rule}.items() if value is not None})
    return by.of_delivery(Delivery({**BODY, **(body or {})}, **delivery))


def paused(value: Any, body: Any) -> Mapped:
    """What a value of `reason` gives."""
    return mapped({"event": "paused", "data": {"reason": value}}, body)
