"""Which facts of a ticket count."""

import pytest

from service.sla.history import Outcome, add, content, lead, standing, unique
from tests.sla.stories import fact


def test_canonical_content_is_compact_sorted_utf8():
    one = fact("reclassified", "09:00", region="北京", category="network")
    assert content(one)[2] == '{"category":"network","region":"北京"}'.encode()


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (fact("closed", "09:00", id="x"), fact("resolved", "09:00:00.001", id="x")),
        (fact("resolved", "09:00", id="x"), fact("closed", "09:00", id="x")),
        (
            fact("paused", "09:00", id="x", reason="customer"),
            fact("paused", "09:00", id="x", reason="vendor"),
        ),
        (
            fact("reclassified", "09:00", id="x", region="n", category="a"),
            fact("reclassified", "09:00", id="x", region="m", category="b"),
        ),
        (fact("paused", "09:00", id="x", reason="Z"), fact("paused", "09:00", id="x", reason="é")),
    ],
    ids=["time", "kind", "data", "data by sorted keys", "data by UTF-8 bytes"],
)
def test_of_one_identity_the_smallest_by_time_kind_and_content_counts(smaller, larger):
    for first, second, outcome in ((smaller, larger, Outcome.OUTRANKED), (larger, smaller, Outcome.REPLACED)):
        facts = [first]
        assert (add(facts, second), facts) == (outcome, [smaller])
        assert unique([first, second]) == [smaller]


def test_the_same_content_again_keeps_the_first_record():
    first = fact("paused", "09:00", id="x", reason="customer")
    again = fact("paused", "09:00", id="x", reason="customer")
    facts = [first]
    assert add(facts, again) is Outcome.REPEATED
    assert facts[0] is first
    assert unique([first, again])[0] is first


@pytest.mark.parametrize(
    ("void", "stands"),
    [
        ({"event_id": "x"}, False),
        ({"event_id": "x", "event_source": "/desk"}, False),
        ({"event_id": "x", "event_source": "/other"}, True),
        ({"event_id": "y"}, True),
    ],
)
def test_a_void_names_an_identity_by_default_in_its_own_source(void, stands):
    resolved = fact("resolved", "09:00", id="x")
    assert (resolved in standing([resolved, fact("voided", "09:00", **void)])) is stands


def test_what_was_dated_before_the_receipt_follows_it_in_its_own_order_each_fact_once():
    first, second, received, later = (
        fact(word, time)
        for word, time in (
            ("paused", "08:40"),
            ("resumed", "08:50"),
            ("received", "09:00"),
            ("closed", "09:10"),
        )
    )
    assert lead([first, second, received, later]) == [received, first, second, later]
    assert lead([received, later]) == [received, later]
    assert lead([first, second, later]) == []
