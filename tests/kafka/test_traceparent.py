"""The trace context that an event brought, in both modes; what has another form is none."""

import pytest

from service.kafka.codec.traceparent import traceparent_of
from tests.kafka.records import binary, changed, record, structured

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FORMS = {
    "good": (GOOD, GOOD.encode()),
    "none": (None, None),
    "null": (..., None),
    "too short": (GOOD[:-1], None),
    "too long": (GOOD + "0", None),
    "in capitals": (GOOD.upper(), None),
    "with a line break": (GOOD + "\n", None),
}


@pytest.mark.parametrize(("given", "found"), FORMS.values(), ids=FORMS)
def test_of_a_structured_event(given: object, found: bytes | None) -> None:
    event = changed()
    if given is not None:
        event["traceparent"] = None if given is ... else given
    assert traceparent_of(structured(event)) == found


@pytest.mark.parametrize("value", [7, ["00"], {"a": 1}])
def test_another_kind_of_value_is_none(value: object) -> None:
    assert traceparent_of(structured(changed() | {"traceparent": value})) is None


@pytest.mark.parametrize(("given", "found"), FORMS.values(), ids=FORMS)
def test_of_a_binary_event(given: object, found: bytes | None) -> None:
    came = binary(changed())
    header = ("ce_traceparent", None if given is ... else str(given).encode())
    assert traceparent_of(record(came.value, [*came.headers, *([] if given is None else [header])])) == found


def test_the_data_of_a_binary_event_is_not_asked() -> None:
    assert traceparent_of(binary(changed(data={"traceparent": GOOD}))) is None
