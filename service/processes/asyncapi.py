"""The AsyncAPI 3 document as JSON: the topics in and out, and their events by the models of `schemas`.

One document for service and gateway: the tag of an operation names its process. The gateway writes events in
structured mode, which is a message of its own beside those in binary mode.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from schemas import topics
from schemas.catalog import MODELS, json_schema
from schemas.topics import Topic
from service.gateway.dead_letter import ALWAYS, THEIRS, WHERE_KNOWN
from service.kafka.topics.lifecycle import STRUCTURED

Json = dict[str, Any]

PROGRESS = "sla.progress"  # a record without a key
_OF_BREACHES = ("sla.breach", PROGRESS)
COMPLAINTS = [kind for kind in MODELS if kind.startswith("complaint.")]
RECEIVED = (
    (topics.LIFECYCLE, COMPLAINTS),
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
_STRUCTURED = "complaint-structured"
WRITTEN_BY_THE_GATEWAY = ((topics.LIFECYCLE, [_STRUCTURED]), (topics.UNDELIVERABLE, ["undeliverable"]))
REJECTED_HEADERS = ("reason", "field", "detail", "topic", "partition", "offset")
_BINDING: Json = {"bindingVersion": "0.5.0"}
REFERENCE = "#/$defs/"


def document(prefix: str, version: str) -> bytes:
    """Return the document as JSON. `prefix`: of the topics."""
    schemas: Json = {}
    messages = {kind: _message(kind, schemas) for kind in MODELS}
    messages["rejected"] = _rejected()
    messages["undeliverable"] = _undeliverable()
    messages[_STRUCTURED] = _structured(COMPLAINTS, schemas)
    used = RECEIVED + SENT + WRITTEN_BY_THE_GATEWAY
    channels = {
        topic.name: _channel(
            topic, prefix, [kind for other, kinds in used if other is topic for kind in kinds]
        )
        for topic, _ in used
    }
    return json.dumps(
        {
            "asyncapi": "3.0.0",
            "info": {
                "title": "sla-timer",
                "version": version,
                "description": "Keeps the promise clocks of complaint tickets and announces each breach.",
            },
            "defaultContentType": "application/json",
            "channels": channels,
            "operations": {
                **{f"receive {topic.name}": _operation("receive", "service", topic) for topic, _ in RECEIVED},
                **{f"send {topic.name}": _operation("send", "service", topic) for topic, _ in SENT},
                **{
                    f"send {topic.name}": _operation("send", "gateway", topic, kinds)
                    for topic, kinds in WRITTEN_BY_THE_GATEWAY
                },
            },
            "components": {"messages": messages, "schemas": schemas},
        },
        ensure_ascii=False,
    ).encode()


def _channel(topic: Topic, prefix: str, kinds: Iterable[str]) -> Json:
    return {
        "address": topic.named(prefix),
        "description": f"{topic.holds}. Key: {topic.key}.",
        "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds},
        "bindings": {"kafka": {"topic": topic.named(prefix), "bindingVersion": "0.5.0"}},
    }


def _operation(action: str, process: str, topic: Topic, kinds: Iterable[str] = ()) -> Json:
    """Return an operation of a process. `kinds`: the messages, if not all of the channel."""
    channel = f"#/channels/{topic.name}"
    some = {"messages": [{"$ref": f"{channel}/messages/{kind}"} for kind in kinds]} if kinds else {}
    return {"action": action, "channel": {"$ref": channel}, "tags": [{"name": process}], **some}


def _schema(kind: str, schemas: Json) -> Json:
    """Return the schema of a type's events. The definitions that it refers to go into `schemas`."""
    schema = json.loads(json_schema(kind))
    parts = schema.pop("$defs", {})
    names = {f"{REFERENCE}{name}": f"#/components/schemas/{kind}.{name}" for name in parts}
    for name, part in parts.items():
        schemas[f"{kind}.{name}"] = _referring(part, names)
    found: Json = _referring(schema, names)
    return found


def _message(kind: str, schemas: Json) -> Json:
    """Return a type's message in binary mode: attributes as headers, data as payload. See `_schema`."""
    schema = _schema(kind, schemas)
    properties = schema["properties"]
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
        "description": "A CloudEvent 1.0 in binary mode.",
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


def _structured(kinds: Iterable[str], schemas: Json) -> Json:
    """Return the message of an event of any of these types in structured mode. See `_schema`."""
    for kind in kinds:
        schemas[kind] = _schema(kind, schemas)
        del schemas[kind]["$schema"]
    sent = {name: text.decode() for name, text in STRUCTURED}
    return {
        "name": _STRUCTURED,
        "title": "an event of a complaint, in structured mode",
        "summary": "A CloudEvent 1.0 in structured mode, with the same content as in binary mode.",
        "contentType": sent["content-type"],
        "headers": {"type": "object", "properties": {name: {"const": text} for name, text in sent.items()}},
        "payload": {"oneOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds]},
        "bindings": {"kafka": {"key": {"type": "string"}} | _BINDING},
    }


def _undeliverable() -> Json:
    theirs = {"type": "string", "description": "a header of the delivery; those that are secret are left out"}
    return {
        "name": "undeliverable",
        "title": "a webhook that could not be mapped",
        "summary": "The body as it came, whatever it is, and these headers. It may hold personal data.",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ALWAYS + WHERE_KNOWN},
            "patternProperties": {f"^{THEIRS}": theirs},
            "required": list(ALWAYS),
        },
        "bindings": {"kafka": {"key": {"type": "string"}} | _BINDING},
    }


def _referring(value: Any, names: Mapping[str, str]) -> Any:
    """Return `value` with its references renamed by `names`."""
    if isinstance(value, dict):
        return {
            key: names.get(part, part) if key == "$ref" else _referring(part, names)
            for key, part in value.items()
        }
    return [_referring(part, names) for part in value] if isinstance(value, list) else value
