"""Whatever a body is, a mapping gives events of the contract or says that it cannot, and soon."""

import contextlib
import json
import time
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.mapping.delivery import Delivery
from service.mapping.mapped import UnmappableError
from service.mapping.table import Row, Table
from tests.mapping.desks import DESKS, deliveries, history, mapping
from tests.offline import exports

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["9" * 5000, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", 10**400, "@", "\ud800"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def events_of(desk: str, delivery: Delivery) -> list[dict[str, Any]]:
    try:
        mapped = mapping(desk).of_delivery(delivery)
    except UnmappableError:
        return []
    for event in mapped.events:
        assert not isinstance(decode_json(json.dumps(event).encode()), Rejection), event
    return list(mapped.events)


def paths(value: Any, so_far: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield so_far
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*so_far, key))


def changed(value: Any, path: tuple[Any, ...], by: Any) -> Any:
    if not path:
        return by
    first, *rest = path
    if not isinstance(value, dict if isinstance(first, str) else list) or (
        isinstance(value, list) and first >= len(value)
    ):
        return value  # another change took the place away
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[first] = changed(copy[first] if isinstance(first, int) else copy.get(first), tuple(rest), by)
    return copy


@cache
def samples(desk: str) -> list[tuple[Delivery, list[tuple[Any, ...]]]]:
    return [(delivery, list(paths(delivery.body))) for delivery, _ in deliveries(desk)]


# 500 examples of ten bodies for each of three desks, and 500 of ten for all: 20,000 bodies.
@pytest.mark.parametrize("desk", DESKS)
@settings(max_examples=500, deadline=None)
@given(values=st.lists(VALUES, min_size=3, max_size=6), random=st.randoms())
def test_a_sample_with_any_value_anywhere_never_crashes(desk: str, values: list[Any], random: Random) -> None:
    for _ in range(10):
        delivery, places = random.choice(samples(desk))
        body = delivery.body
        for path in random.sample(places, min(len(places), random.randint(1, 3))):
            body = changed(body, path, random.choice(values))
        events_of(desk, Delivery(body, delivery.headers, desk))


@settings(max_examples=500, deadline=None)
@given(bodies=st.lists(VALUES, min_size=10, max_size=10), header=st.text(max_size=20))
def test_any_body_at_all_never_crashes(bodies: list[Any], header: str) -> None:
    for body in bodies:
        for desk in DESKS:
            events_of(desk, Delivery(body, {"x-zammad-trigger": header}, desk))


@settings(max_examples=300, deadline=None)
@given(values=st.lists(VALUES, min_size=3, max_size=6), random=st.randoms(), desk=st.sampled_from(DESKS))
def test_a_history_with_any_value_anywhere_never_crashes(
    values: list[Any], random: Random, desk: str
) -> None:
    document, places = told(desk)
    for path in random.sample(places, random.randint(1, 4)):
        document = changed(document, path, random.choice(values))
    for one in mapping(desk).of_history(document):
        for event in one.events:
            assert not isinstance(decode_json(json.dumps(event).encode()), Rejection), event


@cache
def told(desk: str) -> tuple[Any, list[tuple[Any, ...]]]:
    document = history(desk)
    return document, list(paths(document))


CELLS = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"), max_size=12),
    st.sampled_from(
        ["T1", "opened", "waits", "02.03.2026 10:00", "31.12.9999 23:59", "01.01.0001 00:00", ""]
    ),
)


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=8), random=st.randoms())
def test_any_rows_give_events_or_problems_in_any_order(rows: list[list[str]], random: Random) -> None:
    def given_by(listed: list[list[str]]) -> tuple[list[Any], int]:
        table = Table("t.csv", exports.HEADER.split(","), [Row(n, row) for n, row in enumerate(listed, 2)])
        found = exports.mapping().of_rows(table)
        for one in (*found.events, *found.held):
            assert not isinstance(decode_json(json.dumps(one.event).encode()), Rejection)
        return [one.event for one in found.events], len(found.problems)

    assert given_by(rows) == given_by(random.sample(rows, len(rows)))


def deep(levels: int) -> Any:
    value: Any = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def change(number: int, **more: str) -> dict[str, str]:
    return {"field": f"f{number}", "fromString": "a", "toString": "b", **more}


def jira(items: Any, **more: Any) -> dict[str, Any]:
    fields = {"updated": "2026-03-02T09:00:00.000+0800"}
    issue = {"id": "10007", "fields": fields}
    return {
        "webhookEvent": "jira:issue_updated",
        "issue": issue,
        "changelog": {"id": "1", "items": items},
        **more,
    }


HOSTILE = {
    "deep": jira(deep(60)),
    "deeper than any reader lets pass": jira(deep(5000)),
    "elements": jira([change(number) for number in range(2500)]),
    "events": jira([change(number, field="status", toString="Resolved") for number in range(250)]),
    "events with ids of their own": jira([change(number, field="priority") for number in range(250)]),
    "fields at the top": jira([change(n) for n in range(250)], **{f"k{n}": n for n in range(12_000)}),
    "one long text": jira([change(1, field="status", toString="x" * 150_000)]),
    "long texts that matter": jira([change(1, field="priority", toString="x " * 75_000)]),
    "a long time": jira([change(1, field="status", toString="Resolved")])
    | {"issue": {"id": "1", "fields": {"updated": "1" * 150_000}}},
}


@pytest.mark.costs
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_done_within_50_ms(name: str) -> None:
    delivery = Delivery(HOSTILE[name])
    fastest = min(_took(delivery) for _ in range(5))
    assert fastest < 0.05


def _took(delivery: Delivery) -> float:
    began = time.process_time()
    events_of_raw(delivery)
    return time.process_time() - began


def events_of_raw(delivery: Delivery) -> None:
    with contextlib.suppress(UnmappableError):
        mapping("jira").of_delivery(delivery)


def test_more_elements_than_a_delivery_may_have_are_refused() -> None:
    at_most = [change(number) for number in range(250)]
    assert mapping("jira").of_delivery(Delivery(jira(at_most))).events == ()
    with pytest.raises(UnmappableError, match="each: has more than 250 elements"):
        mapping("jira").of_delivery(Delivery(jira([*at_most, change(250)])))
