"""Conversion of a CloudEvent to a fact. The contract's models decide whether it is valid."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from schemas.catalog import MODELS
from schemas.code import ClosedMadeFit, MadeFit, fit, is_absent
from schemas.envelope import Event
from schemas.instant import milliseconds
from service.events.rejection import Reason, RejectedError
from service.sla.facts import Fact, Kind, Sign
from service.sla.state import key

EARLIEST_MS = 946_684_800_000  # 2000-01-01T00:00:00Z
LATEST_MS = 221_845_392_000_000  # 9000-01-01T00:00:00Z; leaves room to write due instants after it
AHEAD_MS = 24 * 60 * 60 * 1000  # how far a help desk's clock may be ahead of ours

# By type of event: the kind of fact, the validator, the names of the fields of `data` that are codes.
Kinds = dict[str, tuple[int, Callable[[Any], Any], tuple[str, ...]]]


class CodeFitting(StrEnum):
    """What became of a code that did not fit as it came."""

    MADE_FIT = "made_fit"
    OTHER = "other"  # a channel that is none of the contract's
    DROPPED = "dropped"


class Fitted(NamedTuple):
    """A code that did not fit as it came, and what became of it."""

    field: str  # as the contract names it: `priority`
    fitting: CodeFitting


def _kinds(prefix: str, kinds: Iterable[Kind | Sign]) -> Kinds:
    # The compiled validators: a call through the model takes half as long again.
    return {
        name: (int(kind), MODELS[name].__pydantic_validator__.validate_python, _codes(MODELS[name]))
        for kind in kinds
        for name in [f"{prefix}.{kind.word}"]
    }


def _codes(model: type[Event]) -> tuple[str, ...]:
    fields: dict[str, FieldInfo] = model.model_fields["data"].annotation.model_fields  # type: ignore[union-attr]
    return tuple(
        name
        for name, field in fields.items()
        if any(isinstance(rule, MadeFit | ClosedMadeFit) for rule in field.metadata)
    )


Tell = Callable[[Fitted], object]


def ignore(_: Fitted) -> None:
    """Tell nobody."""


COMPLAINTS = _kinds("complaint", Kind)
CHANNELS = _kinds("channel", Sign)
# Each code's field, with what may become of a code in it.
FITTINGS = sorted(
    {
        (field, fitting.value)
        for _, _, codes in COMPLAINTS.values()
        for field in codes
        for fitting in CodeFitting
        if field == "channel" or fitting is not CodeFitting.OTHER
    }
)
_DETAILS = {
    "missing": "is missing",
    "string_type": "is not a string",
    "string_too_short": "is empty",
    "string_too_long": "has more than 128 characters",
    "string_pattern_mismatch": "has whitespace, @ or a control character",
    "literal_error": "is not one of the values of the contract",
    "model_type": "is not an object",
    "int_type": "is not a whole number",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
}
_REASONS = {"missing": Reason.MISSING_FIELD, "time_without_offset": Reason.TIME_WITHOUT_OFFSET}


def fact_of(
    event: dict[str, Any],
    now: int | None,
    recorded_at: int = 0,
    partition: int = -1,
    offset: int = -1,
    kinds: Kinds = COMPLAINTS,
    tell: Tell = ignore,
) -> tuple[str, str, Fact]:
    """Return the subject, the key of the ticket or desk, and the fact of an event in structured mode.

    Only events of these `kinds` are accepted. `now` and `recorded_at` in ms; without `now`, the future has no
    limit. `tell` is called for each code that did not fit as it came. Raises RejectedError.
    """
    if event.get("specversion") != "1.0":
        raise RejectedError(Reason.NOT_A_CLOUDEVENT, "specversion", "is not 1.0")
    name = event.get("type")
    found = kinds.get(name) if isinstance(name, str) else None
    if found is None:
        raise _no_type(name)
    if event.get("data") is None:
        event["data"] = {}
    if event.get("tenant", name) is None:
        del event["tenant"]
    kind, validate, codes = found
    said = event["data"]
    try:
        valid = validate(event)
    except ValidationError as error:
        raise _unfit(error) from None
    time = milliseconds(valid.time)
    if not EARLIEST_MS <= time < LATEST_MS or (now is not None and time > now + AHEAD_MS):
        beyond = "after 8999" if now is None else "more than 24 h ahead"
        raise RejectedError(Reason.TIME_OUT_OF_RANGE, "time", f"is before 2000 or {beyond}")
    data = {field: value for field, value in valid.data.__dict__.items() if value is not None}
    if data.get("into") == valid.subject:
        raise RejectedError(Reason.BAD_FIELD, "data.into", "is this ticket itself")
    for field in codes:
        if not is_absent(value := said.get(field)) and value != data.get(field):
            tell(Fitted(field, _fitting(value, data.get(field))))
    fact = Fact(time, kind, valid.source, valid.id, data, recorded_at, partition, offset)
    return valid.subject, key(valid.tenant, valid.subject), fact


def _fitting(value: object, code: object) -> CodeFitting:
    if code is None:
        return CodeFitting.DROPPED
    return CodeFitting.MADE_FIT if code == fit(value) else CodeFitting.OTHER


def _no_type(name: object) -> RejectedError:
    if name is None:
        return RejectedError(Reason.MISSING_FIELD, "type", _DETAILS["missing"])
    if not isinstance(name, str):
        return RejectedError(Reason.BAD_FIELD, "type", _DETAILS["string_type"])
    return RejectedError(Reason.UNKNOWN_TYPE, "type", "is none of the contract")


def _unfit(error: ValidationError) -> RejectedError:
    first = error.errors(include_url=False, include_context=False)[0]
    absent = first["input"] is None
    problem = "missing" if absent else first["type"]
    field = ".".join(str(part) for part in first["loc"])
    # Neither the library's messages for these types nor ours quote the input.
    return RejectedError(_REASONS.get(problem, Reason.BAD_FIELD), field, _DETAILS.get(problem, first["msg"]))
