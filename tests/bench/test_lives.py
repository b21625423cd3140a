"""What an hour of watching is made of: tickets come and go at an even rate."""

from collections import Counter
from itertools import islice, takewhile

from bench.lives import ASSIGNMENTS, EVERY, STEPS, WATCHED, lives
from bench.workload import BEGIN
from service.demo.traffic import DemoEvent, record
from service.events.rejection import Rejection
from service.events.structured import decode_json

MINUTE = 60_000  # ms


def hour() -> list[DemoEvent]:
    return list(takewhile(lambda event: event.published < 60 * MINUTE, lives()))


def test_about_five_events_a_second_in_the_order_they_are_published():
    events = hour()
    assert events == sorted(events)
    for minute in range(1, 60):
        in_it = [event for event in events if event.published // MINUTE == minute]
        assert abs(len(in_it) - STEPS * MINUTE / EVERY) < 60


def test_every_ticket_goes_within_a_minute_but_the_watched_one():
    came: dict[str, int] = {}
    for event in hour():
        if event.type == "received":
            came[event.ticket] = event.published
        if event.type == "feedback_delivered":
            assert event.published < came.pop(event.ticket) + MINUTE
    assert WATCHED in came
    assert len(came) < 60


def test_the_watched_one_has_its_whole_history_within_seconds():
    events = [event for event in hour() if event.ticket == WATCHED]
    assert Counter(event.type for event in events) == {"received": 1, "reassigned": ASSIGNMENTS}
    assert max(event.published for event in events) < 5_000


def test_none_is_rejected():
    for event in islice(lives(), 500):
        assert not isinstance(decode_json(record(event, BEGIN)), Rejection)
