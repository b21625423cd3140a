"""Tests of `when`: a missing field and a type error are *no*."""

from typing import Any

import pytest

from tests.mapping.small import mapped

FIELD = "a.b"
CASES: list[tuple[Any, Any, bool]] = [
    ("x", {"b": "x"}, True),
    ("x", {"b": "X"}, False),
    ("x", {}, False),
    ("5", {"b": 5}, True),
    ("5", {"b": 5.0}, True),
    ("5.5", {"b": 5.5}, True),
    ("true", {"b": True}, True),
    ("1", {"b": True}, False),
    ("x", {"b": ["x"]}, False),
    (["x", "y"], {"b": "y"}, True),
    (["x", "y"], {"b": "z"}, False),
    (["x", None], {}, True),
    (None, {"b": None}, True),
    (None, {"b": ""}, True),
    (None, {"b": 0}, False),
    (None, {"b": []}, False),
    ({"not": None}, {"b": 0}, True),
    ({"not": None}, {"b": ""}, False),
    ({"not": None}, {}, False),
    ({"not": "x"}, {"b": "y"}, True),
    ({"not": "x"}, {"b": "x"}, False),
    ({"not": "x"}, {}, False),  # a missing field passes no test but null
    ({"not": ["x", "y"]}, {"b": "y"}, False),
    ({"not": {"contains": "x"}}, {"b": ["y"]}, True),
    ({"contains": "x"}, {"b": ["y", "x"]}, True),
    ({"contains": "5"}, {"b": [5]}, True),
    ({"contains": "x"}, {"b": ["y"]}, False),
    ({"contains": "x"}, {"b": "a x b"}, True),
    ({"contains": "x"}, {"b": {"x": 1}}, False),
    ({"contains": ["x", "y"]}, {"b": ["y"]}, True),
    ({"begins": "ab"}, {"b": "abc"}, True),
    ({"begins": "ab"}, {"b": "cab"}, False),
    ({"begins": "1"}, {"b": 12}, False),
    ({"ends": ["_bot", "-bot"]}, {"b": "x_bot"}, True),
    ({"ends": "_bot"}, {"b": "bot_x"}, False),
    ({"same_as": "c"}, {"b": "1"}, True),
    ({"same_as": "c"}, {"b": "2"}, False),
    ({"same_as": "d"}, {}, False),
    ({"differs_from": "c"}, {"b": "2"}, True),
    ({"differs_from": "c"}, {"b": "1"}, False),
    ({"differs_from": "c"}, {}, False),
    ({"differs_from": "d"}, {"b": "2"}, False),
    ({"not": {"same_as": "c"}}, {"b": "2"}, True),
]


@pytest.mark.parametrize(("test", "a", "passes"), CASES)
def test_a_test_of_a_field(test: Any, a: Any, passes: bool) -> None:
    assert bool(mapped({"when": {FIELD: test}}, {"a": a, "c": 1}).events) is passes


@pytest.mark.parametrize(
    ("test", "old", "new", "passes"),
    [
        ({"gained": "x"}, ["y"], ["y", "x"], True),
        ({"gained": "x"}, ["x"], ["x"], False),
        ({"gained": "x"}, ["x"], [], False),
        ({"lost": "x"}, ["x"], [], True),
        ({"lost": "x"}, [], ["x"], False),
        ({"gained": ["x", "y"]}, [], ["y"], True),
        ({"gained": "x"}, None, ["x"], True),
        ({"gained": "x"}, None, None, False),
        ({"gained": "x"}, "y", "x", True),  # a state that became x
        ({"lost": "x"}, "x", "y", True),
        ({"lost": "x"}, "x", "x", False),
        ({"gained": "5"}, [4], [5], True),
    ],
)
def test_gained_and_lost(test: Any, old: Any, new: Any, passes: bool) -> None:
    assert bool(mapped({"when": {"[c.old, c.new]": test}}, {"c": {"old": old, "new": new}}).events) is passes


@pytest.mark.parametrize("value", [None, 5, [], {}])
def test_a_function_that_cannot_read_its_value_is_no_also_under_not(value: Any) -> None:
    assert mapped({"when": {"starts_with(x, 'a')": "true"}}, {"x": "abc"}).events
    assert not mapped({"when": {"starts_with(x, 'a')": "true"}}, {"x": value}).events
    assert not mapped({"when": {"starts_with(x, 'a')": {"not": "true"}}}, {"x": value}).events


def test_all_tests_of_a_rule_must_hold() -> None:
    when = {"x": "1", "y": "2"}
    assert mapped({"when": when}, {"x": 1, "y": 2}).events
    assert not mapped({"when": when}, {"x": 1, "y": 3}).events


def test_headers_endpoint_and_instant_are_under_delivery() -> None:
    when = {
        "delivery.header.x_kind": "k",
        "delivery.endpoint": "e",
        "delivery.instant": "1970-01-01T00:00:05.000Z",
    }
    assert mapped({"when": when}, headers={"x-kind": "k"}, endpoint="e", instant=5000).events
    assert not mapped({"when": when}, headers={"x-kind": "k"}, endpoint="f", instant=5000).events
    assert not mapped({"when": when}, headers={"x-kind": "k"}, endpoint="e").events
    # What the body calls delivery is out of the way.
    assert mapped({"when": {"delivery.body.delivery": "b"}}, {"delivery": "b"}).events
