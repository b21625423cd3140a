"""Webhooks of help desks give the events that they must, in any order and however often."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.mapping.delivery import Delivery
from service.mapping.mapped import UnmappableError
from tests.mapping.desks import DESKS, SAMPLES, contents, deliveries, expected, good, known, mapping


@pytest.mark.parametrize("desk", DESKS)
def test_every_delivery_gives_its_events(desk: str) -> None:
    seen: set[str] = set()
    for number, (delivery, new) in enumerate(deliveries(desk), 1):
        try:
            mapped = mapping(desk).of_delivery(delivery)
        except UnmappableError:
            assert delivery.body == []  # an array where an object belongs
            continue
        ids = {event["id"] for event in mapped.events}
        assert len(ids - seen) == new, number
        seen |= ids


@pytest.mark.parametrize("desk", DESKS)
def test_all_deliveries_give_what_is_expected_and_nothing_personal(desk: str) -> None:
    events = [event for delivery in good(desk) for event in mapping(desk).of_delivery(delivery).events]
    assert contents(events) == expected(desk)
    text = json.dumps(events, ensure_ascii=False)
    for word in (SAMPLES / desk / "personal.txt").read_text(encoding="utf-8").split("\n"):
        assert not word or word not in text
    for event in events:
        assert not isinstance(decode_json(json.dumps(event).encode()), Rejection)


@pytest.mark.parametrize("desk", DESKS)
@settings(deadline=None)
@given(data=st.data())
def test_any_order_and_any_repetition_gives_the_same(desk: str, data: st.DataObject) -> None:
    all_of = good(desk)
    more = data.draw(st.lists(st.sampled_from(all_of), max_size=10))
    order = data.draw(st.permutations([*all_of, *more]))
    events = [event for delivery in order for event in mapping(desk).of_delivery(delivery).events]
    assert known(events) == known(e for one in all_of for e in mapping(desk).of_delivery(one).events)


def test_a_body_that_is_no_object_is_unmappable() -> None:
    bad = [delivery for delivery, _ in deliveries("zendesk") if not isinstance(delivery.body, dict)]
    assert len(bad) == 1
    with pytest.raises(UnmappableError, match="body: is no object"):
        mapping("zendesk").of_delivery(bad[0])


@pytest.mark.parametrize(
    "body",
    [
        {"type": "complaint.receved"},
        {"type": "channel.opened"},
        {},
        "complaint.closed",
        [[]],
        {"events": [5]},
    ],
    ids=["typing error", "of a desk", "no type", "text", "array in an array", "number"],
)
def test_what_is_no_event_of_ours_is_told_and_not_lost(body: object) -> None:
    with pytest.raises(UnmappableError, match=r"with\.kind"):
        mapping("generic").of_delivery(Delivery(body))


def test_one_bad_event_holds_up_its_whole_batch() -> None:
    batch = next(one.body for one in good("generic") if isinstance(one.body, list))
    with pytest.raises(UnmappableError, match="time"):
        mapping("generic").of_delivery(Delivery([*batch, {**batch[0], "time": "2026-03-02T01:30:00"}]))
