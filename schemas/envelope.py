"""The CloudEvents 1.0 envelope of all events, and the rule for identifiers."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from schemas.instant import Instant

DEFAULT_TENANT = "default"

# 1–128 characters without whitespace, @ or control characters.
Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\s@\u0000-\u001f\u007f-\u009f]+$")
]


class _DroppedWhenUnfit:
    """Marks an optional value that counts as absent when it is invalid."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


_Traceparent = Annotated[
    str, StringConstraints(pattern="^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
]


class Contract(BaseModel):
    """A part of an event. Unknown fields are dropped; the service takes null for absent."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Contract):
    """A CloudEvent. `subject` is the key of its record; `source` and `id` are its identity."""

    specversion: Literal["1.0"]
    id: Identifier
    source: Identifier
    subject: Identifier


class EventIn(Event):
    """A CloudEvent that somebody else publishes. `time` is when it happened."""

    time: Instant
    tenant: Identifier = DEFAULT_TENANT
    traceparent: Annotated[_Traceparent | None, _DroppedWhenUnfit()] = None
