"""One event of a rule: its values put together, held against the contract, and read by its decoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.catalog import MODELS
from schemas.code import fit, is_absent
from schemas.complaints import CHANNELS
from schemas.instant import written
from service.events.fact import COMPLAINTS, fact_of
from service.events.rejection import RejectedError
from service.mapping.condition import When
from service.mapping.context import Context
from service.mapping.expression import ValueTypeError
from service.mapping.identity import Template, legal
from service.mapping.mapped import Event
from service.mapping.moment import Moment
from service.mapping.scalar import text_of
from service.mapping.value import Source

_CODES = {name.removeprefix("complaint."): frozenset(codes) for name, (_, _, codes) in COMPLAINTS.items()}
# The fields of `data` by word of the event.
FIELDS: Mapping[str, Sequence[str]] = {
    word: tuple(MODELS[f"complaint.{word}"].model_fields["data"].annotation.model_fields)  # type: ignore[union-attr]
    for word in _CODES
}


@dataclass(frozen=True, slots=True)
class TicketSource:
    """Where the ticket's id comes from; it is taken as it is."""

    source: Source

    def read(self, context: Context) -> str:
        """Return the ticket's id. Raises UnmappableError."""
        try:
            value = self.source.value("ticket", context)
        except ValueTypeError as error:
            raise context.unmappable("ticket", str(error)) from None
        text = text_of(value)
        if not text:
            raise context.unmappable(
                "ticket", "is missing" if value is None else "is no text or number", value
            )
        return text


@dataclass(frozen=True, slots=True)
class IdOf:
    """The id of another event of the mapping, as the value of a field, for voids."""

    template: Template
    suffix: str = ""

    def value(self, field: str, context: Context) -> Any:
        """See Source."""
        return legal(self.template.fill(context, field) + self.suffix)


@dataclass(frozen=True, slots=True)
class EventRule:
    """One event of a rule, with all that it takes from the rule."""

    word: str
    condition: When
    ticket: TicketSource
    id: Template
    suffix: str  # of the id: the event's word, where a rule gives several events
    time: Moment
    data: Mapping[str, Source] = field(default_factory=dict)

    def event(self, context: Context, source: str, tenant: str) -> Event | None:
        """Return the event, None when its condition does not hold or it has no instant.

        Raises UnmappableError.
        """
        if not self.condition.holds(context):
            return None
        time = self.time.read("time", context)
        if time is None:
            return None
        try:
            happened = written(time)
            context = context.happened(time)
        except OverflowError:
            raise context.unmappable("time", "is outside the years that can be handled") from None
        ticket = self.ticket.read(context)
        data: Event = {}
        for name, said in self.data.items():
            value = self._fitting(name, said.value(f"data.{name}", context), context)
            if value is not None:
                data[name] = value
        event: Event = {
            "specversion": "1.0",
            "id": legal(self.id.fill(context, "id") + self.suffix),
            "source": source,
            "type": f"complaint.{self.word}",
            "subject": ticket,
            "time": happened,
            "tenant": tenant,
            "datacontenttype": "application/json",
            "data": data,
        }
        return checked(event, context)

    def _fitting(self, name: str, value: Any, context: Context) -> Any:
        """Return the value as the contract takes it; what does not fit is noted, or left for the decoder."""
        if is_absent(value):
            return None
        if name not in _CODES[self.word]:
            text = text_of(value)
            if name == "score":
                return int(text) if text is not None and text in "12345" and text else value
            return value if text is None or isinstance(value, bool | float) else text
        code = fit(value)
        if code is None:
            context.note(f"data.{name}", "is no code of 1 to 64 characters and at most three words", value)
        elif name == "channel" and code not in CHANNELS:
            context.note("data.channel", "is none of the contract's channels, so it is “other”", value)
            return "other"
        elif isinstance(value, str) and code != value:
            context.note(f"data.{name}", "was made fit", value)
        return code


def checked(event: Event, context: Context) -> Event:
    """Return the event when the service's decoder accepts it. Raises UnmappableError."""
    try:
        fact_of({**event, "data": dict(event["data"])}, None)
    except RejectedError as error:
        rejection = error.rejection
        where = {"subject": "ticket"}.get(rejection.field or "", rejection.field or "event")
        raise context.unmappable(where, rejection.detail, _at(event, rejection.field)) from None
    return event


def _at(event: Event, field: str | None) -> Any:
    value: Any = event
    for step in (field or "").split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
