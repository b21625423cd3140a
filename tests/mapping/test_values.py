"""Values, ids and events: what leaves a mapping, what is dropped, and what is said of it."""

from typing import Any

import pytest

from service.mapping.delivery import Delivery
from service.mapping.identity import legal
from service.mapping.mapped import UnmappableError
from tests.mapping.small import BODY, RULE, mapped, mapping_of, paused


@pytest.mark.parametrize(
    ("value", "body", "reason"),
    [
        ("waiting", {}, "waiting"),
        ({"read": "x"}, {"x": "a"}, "a"),
        ({"read": "x"}, {"x": 5}, "5"),
        ({"read": "x"}, {}, None),
        ({"read": "x"}, {"x": "  "}, None),
        ({"read": ["x", "y"]}, {"x": "", "y": "b"}, "b"),
        ({"read": "lower(x)"}, {"x": "ABC"}, "abc"),
        ({"read": "after(x, 'priority::')"}, {"x": "priority::1"}, "1"),
        ({"read": "after(x, 'priority::')"}, {"x": "1"}, None),
        ({"read": "minus(x, y) | [0]"}, {"x": ["a", "b"], "y": ["a"]}, "b"),
        ({"read": "minus(x, y) | [0]"}, {"x": [1, True], "y": [1]}, None),  # true is no code
        ({"read": "merge(x).b"}, {"x": [{"a": 1}, "no object", {"b": "c"}]}, "c"),
        ({"read": "merge(x, y).b"}, {"x": {"b": 1}, "y": {"b": "d"}}, "d"),
        ({"read": "x", "replace": {" ": "-", "Value": "v"}}, {"x": "Value 7"}, "v-7"),
        ({"read": "x", "values": {"A": "alpha", "true": "yes"}}, {"x": "A"}, "alpha"),
        ({"read": "x", "values": {"A": "alpha", "true": "yes"}}, {"x": True}, "yes"),
        ({"read": "x", "values": {"1": "one"}}, {"x": 1}, "one"),
        ({"read": "x", "values": {"A": None}}, {"x": "A"}, None),
        ({"read": "x", "values": {"A": "a"}, "else": "e"}, {"x": "B"}, "e"),
        ({"read": "x", "values": {"A": "a"}, "else": "e"}, {}, "e"),
        ({"read": "x", "values": {"A": "a"}}, {}, None),
        ({"read": "x", "values": {"A": "a"}, "unknown": "ignore"}, {"x": "B"}, None),
        ({"read": "x", "values": {"A": "a"}, "unknown": "other"}, {"x": "B"}, "other"),
        ({"read": "x", "else": "e"}, {}, "e"),
    ],
)
def test_a_value(value: Any, body: Any, reason: str | None) -> None:
    assert paused(value, body).events[0]["data"].get("reason") == reason


def test_a_text_that_no_table_lists_is_an_error_that_does_not_quote_it() -> None:
    with pytest.raises(UnmappableError) as error:
        paused({"read": "x", "values": {"A": "a"}}, {"x": "secret"})
    assert str(error.value) == "rule r: data.reason: has a text that its table does not list"
    assert error.value.text == "secret"


@pytest.mark.parametrize(
    ("field", "value", "data", "reason"),
    [
        ("priority", "very high", {"priority": "very_high"}, "was made fit"),
        ("priority", " high ", {"priority": "high"}, "was made fit"),
        ("priority", "a sentence of five words", {}, "is no code"),
        ("priority", "x" * 65, {}, "is no code"),
        ("priority", "a@b", {}, "is no code"),
        ("priority", True, {}, "is no code"),
        ("priority", [1], {}, "is no code"),
        ("priority", 1.5, {}, "is no code"),
        ("channel", "fax", {"channel": "other"}, "is none of the contract's channels"),
        ("priority", 5, {"priority": "5"}, None),
        ("priority", None, {}, None),
    ],
)
def test_codes_are_made_fit_and_it_is_told(field: str, value: Any, data: Any, reason: str | None) -> None:
    given = {"customer_id": {"read": "c"}, "channel": "phone", field: {"read": "v"}}
    found = mapped({"event": "received", "data": given}, {"c": 7, "v": value})
    assert found.events[0]["data"] == {"customer_id": "7", "channel": "phone", **data}
    assert [one.field for one in found.dropped] == ([f"data.{field}"] if reason else [])
    for one in found.dropped:
        assert reason
        assert reason in one.reason
        assert str(value) not in str(one) or len(str(value)) < 6
        assert one.text


@pytest.mark.parametrize(
    ("rule", "body", "where", "reason"),
    [
        ({"ticket": "missing"}, {}, "ticket", "is missing"),
        ({"ticket": "length(missing)"}, {}, "ticket", "is missing"),
        ({}, {"t": {"a": 1}}, "ticket", "is no text or number"),
        ({}, {"t": "T 1"}, "ticket", "has whitespace, @ or a control character"),
        ({}, {"t": "x" * 129}, "ticket", "has more than 128 characters"),
        ({"id": "a/{missing}"}, {}, "id", "{missing} is missing"),
        ({"id": "a/{lower(x)}"}, {"x": 1}, "id", "{lower(x)}: a function meets a value"),
        ({"id": "a/{x}"}, {"x": []}, "id", "{x} is no text or number"),
        ({"event": "received", "data": {"channel": "phone"}}, {}, "data.customer_id", "is missing"),
        (
            {"event": "received", "data": {"channel": "phone", "customer_id": {"read": "x"}}},
            {"x": "ada@example.com"},
            "data.customer_id",
            "has whitespace, @ or a control character",
        ),
        (
            {"event": "received", "data": {"channel": "phone", "customer_id": {"read": "x"}}},
            {"x": True},
            "data.customer_id",
            "is not a string",
        ),
        (
            {"event": "satisfaction_submitted", "data": {"score": {"read": "x"}}},
            {"x": 6},
            "data.score",
            "is too large",
        ),
        ({"event": "merged", "data": {"into": {"read": "t"}}}, {}, "data.into", "is this ticket itself"),
        ({"event": "reclassified", "data": {"complexity": "hard"}}, {}, "data.complexity", "is not one of"),
    ],
)
def test_what_cannot_be_mapped_names_rule_field_and_reason(
    rule: Any, body: Any, where: str, reason: str
) -> None:
    with pytest.raises(UnmappableError) as error:
        mapped(rule, body)
    assert error.value.rule == "r"
    assert error.value.field == where
    assert reason in error.value.reason


@pytest.mark.parametrize(("said", "score"), [(5, 5), ("5", 5), ("1", 1)])
def test_a_score_is_a_number(said: Any, score: int) -> None:
    rule = {"event": "satisfaction_submitted", "data": {"score": {"read": "x"}}}
    assert mapped(rule, {"x": said}).events[0]["data"] == {"score": score}


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("31/open", "31/open"),
        ("31/pending reminder", "31/pending%20reminder"),
        ("31/pending%20reminder", "31/pending%2520reminder"),
        ("a\u00a0b", "a%C2%A0b"),
        ("状态", "状态"),
        ("x" * 128, "x" * 128),
    ],
)
def test_ids_are_made_legal_by_one_rule(text: str, id: str) -> None:
    assert legal(text) == id


@pytest.mark.parametrize("text", ["x" * 129, "ada@example.com", " " * 60])
def test_what_is_too_long_or_may_be_an_address_becomes_a_hash(text: str) -> None:
    assert legal(text).startswith("sha256:")
    assert len(legal(text)) == 47
    assert legal(text) != legal(text + "x")


def test_an_event_has_the_fields_of_the_contract_and_no_other() -> None:
    (event,) = mapped({"data": None}, {"secret": "x"}).events
    assert event == {
        "specversion": "1.0",
        "id": "T-1/closed",
        "source": "/small",
        "type": "complaint.closed",
        "subject": "T-1",
        "time": "2026-03-02T01:00:00.000Z",
        "tenant": "default",
        "datacontenttype": "application/json",
        "data": {},
    }


def test_the_tenant_is_the_callers_or_a_field() -> None:
    body = Delivery({**BODY, "org": "b"})
    assert mapping_of(RULE).of_delivery(body, tenant="a").events[0]["tenant"] == "a"
    by_field = mapping_of(RULE, tenant={"read": "org"})
    assert by_field.of_delivery(body, tenant="a").events[0]["tenant"] == "b"
    with pytest.raises(UnmappableError, match="tenant: is missing"):
        by_field.of_delivery(Delivery(BODY))


def test_a_rule_with_events_appends_the_word_of_the_event_to_its_id() -> None:
    one = {**RULE, "event": None, "id": "{t}", "events": ["resolved", {"event": "closed", "id": "own/{t}"}]}
    found = mapped(one)
    assert [event["id"] for event in found.events] == ["T-1/resolved", "own/T-1"]
    only = mapped({**one, "events": ["resolved"]})
    assert only.events == found.events[:1]  # an event more renames nothing


def test_two_events_of_one_id_are_one_when_equal_and_an_error_when_not() -> None:
    same = mapping_of(RULE, {**RULE, "rule": "s"})
    assert len(same.of_delivery(Delivery(BODY)).events) == 1
    other = mapping_of(RULE, {**RULE, "rule": "s", "event": "resolved"})
    with pytest.raises(UnmappableError, match="rule s: id: is the same for two different events"):
        other.of_delivery(Delivery(BODY))


def test_each_takes_the_elements_one_by_one_and_a_missing_array_gives_nothing() -> None:
    rule = {
        "each": {"item": "changes"},
        "id": "{item.id}",
        "event": "paused",
        "data": {"reason": {"read": "item.r"}},
    }
    found = mapped(rule, {"changes": [{"id": 1, "r": "a"}, {"id": 2, "r": "b"}]})
    assert [(event["id"], event["data"]["reason"]) for event in found.events] == [("1", "a"), ("2", "b")]
    assert mapped(rule).events == ()
    with pytest.raises(UnmappableError, match="each: is no array"):
        mapped(rule, {"changes": {"id": 1}})


def test_a_void_has_the_id_of_the_other_rules_event() -> None:
    changed = {"rule": "c", "event": None, "each": {"i": "items"}, "id": "c/{i.id}", "events": ["closed"]}
    gone = {**RULE, "rule": "g", "when": {"gone": "true"}, "id": "{t}/gone", "event": "voided"}
    void = {**gone, "data": {"event_id": {"id_of": "r"}}}
    both = mapping_of(RULE, void).of_delivery(Delivery({**BODY, "gone": True}))
    assert both.events[1]["data"]["event_id"] == both.events[0]["id"]
    each = {**gone, "each": {"i": "items"}, "id": "g/{i.id}", "data": {"event_id": {"id_of": "c/closed"}}}
    rule = {name: value for name, value in {**RULE, **changed}.items() if value is not None}
    found = mapping_of(rule, each).of_delivery(
        Delivery({**BODY, "gone": True, "items": [{"id": 1}, {"id": 2}]})
    )
    assert [event["data"].get("event_id") for event in found.events] == [
        None,
        None,
        "c/1/closed",
        "c/2/closed",
    ]


@pytest.mark.parametrize(("by", "name"), [(1, "a"), ("2", "b"), (3, None), (None, None), ([], None)])
def test_a_lookup_joins_by_a_key(by: Any, name: str | None) -> None:
    rule = {"event": "paused", "data": {"reason": {"read": "who.name"}}}
    people = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 1, "name": "second"}, "no object"]
    in_array = mapped(
        {**rule, "with": {"who": {"find": "people", "by": "by", "key": "id"}}}, {"by": by, "people": people}
    )
    in_object = mapped(
        {**rule, "with": {"who": {"find": "people", "by": "by"}}},
        {"by": by, "people": {"1": people[0], "2": people[1]}},
    )
    for found in (in_array, in_object):
        assert found.events[0]["data"].get("reason") == name
