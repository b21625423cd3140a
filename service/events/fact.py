"""Conversion of a CloudEvent to a fact. The contract's models decide whether it is valid."""

from collections.abc import Callable, Iterable
from typing import Any

from pydantic import ValidationError

from schemas.catalog import MODELS
from schemas.instant import milliseconds
from service.events.rejection import Reason, RejectedError
from service.sla.facts import Fact, Kind, Sign
from service.sla.state import key

EARLIEST_MS = 946_684_800_000  # 2000-01-01T00:00:00Z
LATEST_MS = 221_845_392_000_000  # 9000-01-01T00:00:00Z; leaves room to write due instants after it
AHEAD_MS = 24 * 60 * 60 * 1000  # how far a help desk's clock may be ahead of ours

Kinds = dict[str, tuple[int, Callable[[Any], Any]]]  # by type of event: the kind of fact, the validator


def _kinds(prefix: str, kinds: Iterable[Kind | Sign]) -> Kinds:
    # The compiled validators: a call through the model takes half as long again.
    return {
        name: (int(kind), MODELS[name].__pydantic_validator__.validate_python)
        for kind in kinds
        for name in [f"{prefix}.{kind.word}"]
    }


COMPLAINTS = _kinds("complaint", Kind)
CHANNELS = _kinds("channel", Sign)
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
) -> tuple[str, str, Fact]:
    """Return the subject, the key of the ticket or desk, and the fact of an event in structured mode.

    Only events of these `kinds` are accepted. `now` and `recorded_at` in ms; without `now`, the future has no
    limit. Raises RejectedError.
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
    kind, validate = found
    try:
        valid = validate(event)
    except ValidationError as error:
        raise _unfit(error) from None
    time = milliseconds(valid.time)
    if not EARLIEST_MS <= time < LATEST_MS or (now is not None and time > now + AHEAD_MS):
        beyond = "after 8999" if now is None else "more than 24 h ahead"
        raise RejectedError(Reason.TIME_OUT_OF_RANGE, "time", f"is before 2000 or {beyond}")
    data = {field: value for field, value in valid.data.__dict__.items() if value is not None}
    fact = Fact(time, kind, valid.source, valid.id, data, recorded_at, partition, offset)
    return valid.subject, key(valid.tenant, valid.subject), fact


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
