"""A history gives what the webhooks gave, under the same ids."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.mapping.delivery import Delivery
from service.mapping.mapped import Event, UnmappableError
from service.mapping.mapping import Mapping
from tests.mapping.desks import DESKS, contents, expected, good, history, known, mapping
from tests.mapping.small import BODY, RULE, mapping_of


def told(desk: str) -> list[Event]:
    found = list(mapping(desk).of_history(history(desk)))
    assert not [one.problem for one in found if one.problem]
    return [event for one in found for event in one.events]


def sent(desk: str) -> list[Event]:
    return [event for delivery in good(desk) for event in mapping(desk).of_delivery(delivery).events]


@pytest.mark.parametrize("desk", DESKS)
def test_a_history_alone_gives_what_is_expected(desk: str) -> None:
    assert contents(told(desk)) == expected(desk, "expected-history")


MORE = {  # what no webhook of the samples tells
    "zendesk": ["satisfaction_submitted"],
    "gitlab": ["merged"],  # a duplicate that nobody touched after its closing
    "freshdesk": ["satisfaction_submitted"],
    "glpi": ["reopened", "reopened", "response_started", "satisfaction_submitted"],
}


@pytest.mark.parametrize("desk", DESKS)
def test_after_the_webhooks_a_history_adds_what_they_cannot_say(desk: str) -> None:
    by_webhook = known(sent(desk))
    both = known([*by_webhook.values(), *told(desk)])  # one id with two contents is an error
    added = [event["type"] for name, event in both.items() if name not in by_webhook]
    assert added == [f"complaint.{word}" for word in MORE.get(desk, [])]


def arrays(value: Any) -> Iterator[list[Any]]:
    """All arrays of objects in a document."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from arrays(inner)


@pytest.mark.parametrize("desk", DESKS)
@settings(deadline=None)
@given(random=st.randoms())
def test_the_order_of_what_a_history_lists_makes_no_difference(desk: str, random: Any) -> None:
    # Zammad's history is in the order of its ids, which the lookup of an earlier closing needs.
    document = history(desk)
    ordered = desk == "zammad"
    for array in () if ordered else arrays(document):
        random.shuffle(array)
    events = [event for one in mapping(desk).of_history(document) for event in one.events]
    assert known(events) == known(told(desk))


def small(**source: Any) -> Mapping:
    body = {"t": "'T-1'", "at": "one.at", "n": "one.n"}
    given = {"history": "h", "each": {"one": "list"}, "body": body, **source}
    return mapping_of({**RULE, "id": "{n}"}, history=[given])


AT = BODY["at"]


def test_one_part_that_cannot_be_mapped_does_not_hold_up_the_others() -> None:
    found = list(
        small().of_history({"list": [{"at": AT, "n": 1}, {"at": "soon", "n": 2}, {"at": AT, "n": 3}]})
    )
    assert [len(one.events) for one in found] == [1, 0, 1]
    assert [one.place for one in found] == ["h, one 1", "h, one 2", "h, one 3"]
    assert isinstance(found[1].problem, UnmappableError)
    assert "soon" not in str(found[1].problem)


def test_an_array_that_is_none_is_a_problem_and_a_missing_one_is_nothing() -> None:
    assert list(small().of_history({})) == []
    (found,) = small().of_history({"list": {}})
    assert found.problem
    assert "each: is no array" in str(found.problem)


def test_headers_and_endpoint_are_as_a_delivery_had_them() -> None:
    rule = {**RULE, "id": "{n}", "when": {"delivery.header.x_kind": "k", "delivery.endpoint": "e"}}
    body = {"t": "'T-1'", "at": "one.at", "n": "one.n"}
    source = {"each": {"one": "list"}, "body": body, "headers": {"X-Kind": "k"}, "endpoint": "e"}
    by = mapping_of(rule, history=[source])
    document = {"list": [{"at": AT, "n": 1}]}
    assert len([event for one in by.of_history(document) for event in one.events]) == 1
    delivered = Delivery({**BODY, "n": 1}, {"x-kind": "k"}, "e")
    assert by.of_delivery(delivered).events == next(iter(by.of_history(document))).events


def test_what_was_before_in_the_same_array_can_be_read() -> None:
    by = small(**{"with": {"earlier": "delivery.before[?n==`1`] | [0].n"}, "when": {"earlier": "1"}})
    found = by.of_history({"list": [{"at": AT, "n": n} for n in (2, 1, 3, 4)]})
    assert [event["id"] for one in found for event in one.events] == ["3", "4"]


def test_a_history_that_is_an_array_is_read_as_the_body() -> None:
    by = small(each={"one": "delivery.body"})
    assert len(list(by.of_history([{"at": AT, "n": 1}]))) == 1
    assert json.dumps(next(iter(by.of_history([{"at": AT, "n": 1}]))).events[0])
