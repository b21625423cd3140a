"""A code that did not fit as it came is told, by field and by what became of it."""

import json
from typing import Any

import pytest

from service.events.fact import FITTINGS, CodeFitting, Fitted
from service.events.rejection import Reason, Rejection
from service.events.structured import decode_json


def read(type_: str, data: Any) -> tuple[dict[str, Any] | Rejection, list[Fitted]]:
    event = {
        "specversion": "1.0",
        "type": f"complaint.{type_}",
        "id": "e-1",
        "source": "/desk",
        "subject": "T-1",
        "time": "2026-03-02T09:00:00Z",
        "data": data,
    }
    told: list[Fitted] = []
    found = decode_json(json.dumps(event).encode(), tell=told.append)
    return (found if isinstance(found, Rejection) else found[1].data), told


def received(**data: Any) -> tuple[dict[str, Any] | Rejection, list[Fitted]]:
    return read("received", {"customer_id": "c-1", "channel": "phone"} | data)


@pytest.mark.parametrize(
    ("value", "code", "fitting"),
    [
        ("p1", "p1", None),
        (None, None, None),
        ("", None, None),
        ("  ", None, None),
        (1, "1", CodeFitting.MADE_FIT),
        (" p1", "p1", CodeFitting.MADE_FIT),
        ("call me back at once", None, CodeFitting.DROPPED),
        (["p1"], None, CodeFitting.DROPPED),
        (True, None, CodeFitting.DROPPED),
        (1.5, None, CodeFitting.DROPPED),
    ],
)
@pytest.mark.parametrize("field", ["priority", "category", "service", "region", "team"])
def test_each_code_of_a_receipt(
    field: str, value: Any, code: str | None, fitting: CodeFitting | None
) -> None:
    data, told = received(**{field: value})
    assert isinstance(data, dict)
    assert data.get(field) == code
    assert told == ([Fitted(field, fitting)] if fitting else [])


@pytest.mark.parametrize(
    ("channel", "code", "fitting"),
    [
        ("phone", "phone", None),
        (" phone ", "phone", CodeFitting.MADE_FIT),
        ("Phone", "other", CodeFitting.OTHER),
        ("WeChat", "other", CodeFitting.OTHER),
        (12, "other", CodeFitting.OTHER),
    ],
)
def test_a_channel_that_is_none_of_the_contract_is_other(
    channel: Any, code: str, fitting: CodeFitting | None
) -> None:
    data, told = received(channel=channel)
    assert isinstance(data, dict)
    assert data["channel"] == code
    assert told == ([Fitted("channel", fitting)] if fitting else [])


@pytest.mark.parametrize("channel", [["phone"], "", None, "a@b"])
def test_a_receipt_needs_a_channel(channel: Any) -> None:
    found, told = received(channel=channel)
    assert isinstance(found, Rejection)
    assert (found.reason, found.field, told) == (Reason.MISSING_FIELD, "data.channel", [])


def test_closed_lists_reject() -> None:
    found, _ = received(complexity="Complex")
    assert isinstance(found, Rejection)


@pytest.mark.parametrize("type_", ["reopened", "merged", "reclassified", "reassigned"])
def test_nothing_at_all_is_legal_data(type_: str) -> None:
    assert read(type_, {}) == ({}, [])
    assert read(type_, None) == ({}, [])


def test_a_merger_into_no_other_ticket_named_is_legal_and_one_into_what_is_no_id_is_not() -> None:
    assert read("merged", {"into": "T-2"}) == ({"into": "T-2"}, [])
    for into in ("T 2", "T-1"):  # the second is this ticket
        found, _ = read("merged", {"into": into})
        assert isinstance(found, Rejection)
        assert (found.reason, found.field) == (Reason.BAD_FIELD, "data.into")


def test_every_field_and_fitting_has_a_series_of_its_own() -> None:
    fields = {field for field, _ in FITTINGS}
    assert fields == {
        "agent_id", "category", "channel", "priority", "reason", "region", "resolution_code", "service",
        "team",
    }  # fmt: skip
    assert {field for field, fitting in FITTINGS if fitting == "other"} == {"channel"}
