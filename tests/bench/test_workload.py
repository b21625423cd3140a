"""What is measured with is what docs/performance.md says of it."""

from bench.workload import BETWEEN, binary, events, structured
from service.events.rejection import Rejection
from service.events.structured import decode_json
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.records import decode
from tests.kafka.records import NOW, PARTITIONS, STRUCTURED, record


def test_a_tickets_events_lie_far_apart():
    seen: dict[str, int] = {}
    for number, event in enumerate(events(BETWEEN)):
        assert number - seen.get(event.ticket, -BETWEEN) >= BETWEEN
        seen[event.ticket] = number


def test_the_same_seed_gives_the_same_events():
    assert list(events(50, seed=7)) == list(events(50, seed=7)) != list(events(50, seed=8))


def test_both_modes_say_the_same_and_none_is_rejected():
    for event in events(20):
        key = event.ticket.encode()
        value, headers = binary(event)
        told = decode(record(value, headers, key), NOW, PARTITIONS, murmur2)
        assert not isinstance(told, Rejection)
        assert told == decode(record(structured(event), [STRUCTURED], key), NOW, PARTITIONS, murmur2)
        assert not isinstance(decode_json(structured(event)), Rejection)
