"""The AsyncAPI 3 document as JSON: the topics in and out, and their events by the models of `schemas`."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from schemas import topics
from schemas.catalog import MODELS, json_schema
from schemas.topics import Topic

Json = dict[str, Any]

PROGRESS = "sla.progress"  # a record without a key
_OF_BREACHES = ("sla.breach", PROGRESS)
RECEIVED = (
    (topics.LIFECYCLE, [kind for kind in MODELS if kind.startswith("complaint.")]),
    (topics.CHANNELS, [kind for kind in MODELS if kind.startswith("channel.")]),
)
SENT = (
    (topics.BREACHES, [kind for kind in MODELS if kind.startswith(_OF_BREACHES)]),
    (
        topics.CLOCKS,
        [kind for kind in MODELS if kind.startswith("sla.") and not kind.startswith(_OF_BREACHES)],
    ),
    (topics.REJECTED, ["rejected"]),
)
REJECTED_HEADERS = ("reason", "field", "detail", "topic", "partition", "offset")
_BINDING: Json = {"bindingVersion": "0.5.0"}
REFERENCE = "#/$defs/"


def document(prefix: str, version: str) -> bytes:
    """Return the document as JSON. `prefix`: of the topics."""
    schemas: Json = {}
    messages = {kind: _message(kind, schemas) for kind in MODELS}
    messages["rejected"] = _rejected()
    return json.dumps(
        {
            "asyncapi": "3.0.0",
            "info": {
                "title": "sla-timer",
                "version": version,
                "description": "Keeps the promise clocks of complaint tickets and announces each breach.",
            },
            "defaultContentType": "application/json",
            "channels": {topic.name: _channel(topic, prefix, kinds) for topic, kinds in RECEIVED + SENT},
            "operations": {
                **{f"receive {topic.name}": _operation("receive", topic) for topic, _ in RECEIVED},
                **{f"send {topic.name}": _operation("send", topic) for topic, _ in SENT},
            },
            "components": {"messages": messages, "schemas": schemas},
        },
        ensure_ascii=False,
    ).encode()


def _channel(topic: Topic, prefix: str, kinds: Iterable[str]) -> Json:
    return {
        "address": topic.named(prefix),
        "description": f"{topic.holds}. Key: {topic.key}. CloudEvents 1.0, binary mode.",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
        "bindings": {"kafka": {"topic": topic.named(prefix), "bindingVersion": "0.5.0"}},
    }


def _operation(action: str, topic: Topic) -> Json:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}}


def _message(kind: str, schemas: Json) -> Json:
    """Return a type's message in binary mode: attributes as headers, data as payload.

    The definitions that it refers to go into `schemas`.
    """
    schema = json.loads(json_schema(kind))
    parts = schema.pop("$defs", {})
    names = {f"{REFERENCE}{name}": f"#/components/schemas/{kind}.{name}" for name in parts}
    for name, part in parts.items():
        schemas[f"{kind}.{name}"] = _referring(part, names)
    properties = _referring(schema["properties"], names)
    payload = properties.pop("data")
    required = [name for name in schema.get("required", ()) if name != "data"]
    headers = {
        "type": "object",
        "properties": {f"ce_{name}": shape for name, shape in properties.items()},
        "required": [f"ce_{name}" for name in required],
    }
    return {
        "name": kind,
        "title": kind,
        "summary": schema.get("description", ""),
        "contentType": "application/json",
        "headers": headers,
        "payload": payload,
        "bindings": {"kafka": _BINDING if kind == PROGRESS else {"key": {"type": "string"}} | _BINDING},
    }


def _rejected() -> Json:
    names = [f"sla_rejected_{name}" for name in REJECTED_HEADERS]
    return {
        "name": "rejected",
        "title": "a record that is no event of ours",
        "summary": "Key, value and headers as they came, and these headers after them.",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "properties": {name: {"type": "string"} for name in names}},
    }


def _referring(value: Any, names: Mapping[str, str]) -> Any:
    """Return `value` with its references renamed by `names`."""
    if isinstance(value, dict):
        return {
            key: names.get(part, part) if key == "$ref" else _referring(part, names)
            for key, part in value.items()
        }
    return [_referring(part, names) for part in value] if isinstance(value, list) else value
