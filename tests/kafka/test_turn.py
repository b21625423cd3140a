"""What a turn takes, in which pieces, and when it has enough."""

from collections.abc import Iterator, Sequence

import pytest
from aiokafka import TopicPartition

from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.record import Record
from service.kafka.exactly_once.context import OwnerSettings, Topics
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.source import complaints
from service.kafka.exactly_once.turn import ANNOUNCED_AT_ONCE, AT_ONCE, Instants, Turn, TurnLimits, Turns
from service.sla.partition import Partition
from service.sla.state import Ticket
from tests.broker.rig import policies
from tests.kafka.records import NOW, record, structured
from tests.kafka.records import changed as event

TARGET, RETENTION = 1_000, 35 * 86_400_000  # ms
HAPPENED = NOW - 4_750  # when the complaints came in
SOURCE, CHANGELOG = TopicPartition("complaints.lifecycle", 0), TopicPartition("sla.tickets", 0)
TOPICS = Topics("sla.breaches", "sla.clocks", "complaints.rejected")
COUNTS = dict.fromkeys((*TOPICS, SOURCE.topic), 1)
WHOLE = TurnLimits()
TERMS = OwnerSettings({}, "group", TOPICS, (), 0, lambda: 0, murmur2)


def turn(room: TurnLimits = WHOLE, partition: Partition[Ticket] | None = None, at: int = HAPPENED) -> Turn:
    read = complaints(SOURCE.topic, CHANGELOG.topic, policies(TARGET), RETENTION)
    held = read.empty(lambda _: True) if partition is None else partition
    turns = Turns(read, held, Outputs(TERMS, COUNTS, SOURCE, CHANGELOG), 1, murmur2)
    return turns.begin(room, Instants(NOW, NOW, at, grace=0))


def placed(records: Sequence[Record]) -> Iterator[Record]:
    for offset, one in enumerate(records):
        yield Record(*SOURCE, offset, NOW, one.key, one.value, one.headers, one.size)


def received(many: int) -> list[Record]:
    """Complaints of a ticket each."""
    events = [structured(event(subject=f"T-{n}", id=f"e-{n}"), f"T-{n}".encode()) for n in range(many)]
    return list(placed(events))


def worked(one: Turn, records: Sequence[Record]) -> int:
    """How often others might have gone on."""
    one.take(records, len(records))
    return sum(1 for _ in one.work())


@pytest.mark.parametrize(("room", "taken"), [(1, 1), (99, 99), (100, 100), (101, 100)])
def test_a_turn_takes_no_more_records_than_it_has_room_for(room: int, taken: int) -> None:
    one = turn(TurnLimits(records=room))
    worked(one, received(100))
    assert (one.taken, len(one.left), one.next_offset) == (taken, 100 - taken, taken)
    assert len({record.key for record in one.outgoing if record.target == CHANGELOG}) == taken


@pytest.mark.parametrize("room", [1, 2, 3, 249, 250, 251, 500, 998])
def test_a_turn_does_not_end_amid_the_records_of_a_ticket(room: int) -> None:
    """Written side by side they are judged together, else what half of them shows would be taken back."""
    records = [one for one in received(400) for _ in range(3)]
    one = turn(TurnLimits(records=room))
    worked(one, list(placed(records)))
    assert one.taken == -(-room // 3) * 3
    assert not one.left or one.left[0].key != records[one.taken - 1].key


def test_others_go_on_between_any_few_records() -> None:
    one = turn()
    pauses = worked(one, received(1_000))
    assert one.taken == 1_000
    assert max(len(step.outcomes) and sum(step.outcomes.values()) for step in one.steps) <= AT_ONCE
    assert pauses >= 2 * 1_000 // AT_ONCE


@pytest.mark.parametrize("kind", ["value", "key", "headers"])
def test_a_turn_has_enough_once_what_goes_out_is_large_whatever_its_shape(kind: str) -> None:
    bulk = 250_000
    made = {
        "value": record(b"x" * bulk),
        "key": record(b"x", key=b"k" * bulk),
        "headers": record(b"x", [("h", b"x" * bulk)]),
    }[kind]
    one = turn(TurnLimits(size=10 * bulk))
    pauses = worked(one, list(placed([made] * 100)))
    assert one.taken == 10
    assert one.size < 11 * bulk
    assert pauses >= 2 * one.taken  # each of them is a step of its own


def test_deadlines_alone_are_taken_as_far_as_there_is_room() -> None:
    read = complaints(SOURCE.topic, CHANGELOG.topic, policies(TARGET), RETENTION)
    partition = read.empty(lambda _: True)
    first = turn(partition=partition)
    worked(first, received(2_000))
    one = turn(TurnLimits(deadlines=3 * AT_ONCE), partition, at=NOW)
    one.take([], 2_000)
    pauses = sum(1 for _ in one.work())
    assert (one.taken, one.deadlines) == (0, 3 * AT_ONCE)
    assert len({record.key for record in one.outgoing if record.target == CHANGELOG}) == 3 * AT_ONCE
    assert pauses >= len(one.outgoing) // ANNOUNCED_AT_ONCE


def test_a_step_is_taken_although_nothing_is_there_so_that_the_offset_moves() -> None:
    one = turn()
    one.take([], 17)
    list(one.work())
    assert (one.next_offset, one.outgoing) == (17, [])


def test_who_is_told_to_stop_ends_the_step_and_begins_no_other() -> None:
    one = turn()
    one.take(received(1_000), 1_000)
    work = one.work()
    next(work)
    one.full()
    list(work)
    assert 0 < one.taken <= AT_ONCE
    assert one.next_offset == one.taken
    assert len([record for record in one.outgoing if record.target == CHANGELOG]) == one.taken


def test_what_failed_is_tried_again_in_halves_down_to_one_record_and_grows_again() -> None:
    room, taken = TurnLimits(), []
    for _ in range(14):
        one = turn(room)
        worked(one, received(5_000))
        taken.append(one.taken)
        room = one.smaller()
    assert taken[:3] == [4_000, 2_000, 1_000]
    assert taken[-2:] == [1, 1]
    for _ in range(14):
        room = room.doubled()
    assert room == TurnLimits()


def restored(*turns: Turn) -> Partition[Ticket]:
    """What an owner that begins with these turns' changelog knows."""
    read = complaints(SOURCE.topic, CHANGELOG.topic, policies(TARGET), RETENTION)
    partition = read.empty(lambda _: True)
    for one in turns:
        for out in one.outgoing:
            if out.target == CHANGELOG:
                partition.restore(out.key.decode(), out.value)
    return partition


BAD = record(b"{}", key=b"T-9")
ANSWERED = structured(event(subject="T-0", id="a", type="complaint.response_started", data={}), b"T-0")
FORGOTTEN = NOW + RETENTION + TARGET


@pytest.mark.parametrize(
    ("what", "records", "at", "reflected"),
    [
        ("an event", received(1), HAPPENED, True),
        ("a bad record", [BAD], HAPPENED, False),
        ("an event after a bad record", [BAD, *received(1)], HAPPENED, True),
        ("a bad record after an event", [*received(1), BAD], HAPPENED, True),
        ("the same event again", [*received(1), *received(1)], HAPPENED, True),
        ("nothing", [], HAPPENED, False),
        ("a heavy bad record in a step of its own", [*received(1), record(b"x" * 100_000)], HAPPENED, False),
        ("a ticket that is forgotten at once", [*received(1), ANSWERED], FORGOTTEN, False),
    ],
)
def test_the_changelog_says_up_to_where_the_input_was_taken(
    what: str, records: Sequence[Record], at: int, reflected: bool
) -> None:
    one = turn(at=at)
    worked(one, list(placed(records)))
    assert one.is_reflected == reflected
    if reflected:
        assert restored(one).reflects == one.next_offset - 1


PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def traced(*records: Record, at: int) -> dict[bytes | None, bytes | None]:
    """The trace context of each announcement, by its type."""
    one = turn(at=at)
    worked(one, list(placed(records)))
    headers = [dict(out.headers) for out in one.outgoing if out.target.topic in TOPICS]
    return {each["ce_type"]: each.get("ce_traceparent") for each in headers}


def test_an_announcement_bears_the_trace_context_of_the_record_that_brought_it_about() -> None:
    came = structured(event(subject="T-1", id="a"), b"T-1")
    answered = event(subject="T-1", id="b", type="complaint.response_started", data={}, traceparent=PARENT)
    assert traced(came, structured(answered, b"T-1"), at=HAPPENED) == {b"sla.met": PARENT.encode()}


def test_what_an_instant_brings_about_bears_none() -> None:
    came = structured(event(subject="T-1", id="a", traceparent=PARENT), b"T-1")
    assert traced(came, at=HAPPENED + TARGET + 1) == {b"sla.breached": None}
