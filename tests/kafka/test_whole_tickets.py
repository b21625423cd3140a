"""How tickets are put into batches: each whole, unless it is larger than what is judged together."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.record import WHOLE_BYTES
from service.kafka.topics.whole_tickets import RECORD_BYTES, TicketEvents, batches_of, told_if_too_large

ROOM = WHOLE_BYTES - RECORD_BYTES - len("T1")  # for one event of T1


def whole(key: str, *sizes: int) -> TicketEvents:
    return TicketEvents(key, [b"x" * size for size in sizes])


tickets = st.lists(
    st.tuples(st.integers(0, 9), st.lists(st.integers(0, 3 * WHOLE_BYTES // 2), max_size=4)), max_size=12
)


@given(tickets, st.integers(1, 4))
def test_every_event_is_in_one_batch_of_its_partition_in_order_and_no_batch_is_too_large(
    listed: list[tuple[int, list[int]]], partitions: int
) -> None:
    sent = [whole(f"T{number}", *sizes) for number, sizes in listed]
    batches = list(batches_of(sent, murmur2, partitions))
    for ticket in {one.key for one in sent}:
        key = ticket.encode()
        events = [event for one in sent if one.key == ticket for event in one.events]
        of_ticket = [batch for batch in batches if any(known == key for known, _ in batch.records)]
        assert [value for one in of_ticket for known, value in one.records if known == key] == events
        assert {batch.partition for batch in of_ticket} <= {murmur2(key, partitions)}
    for batch in batches:
        size = sum(len(key) + len(value) + RECORD_BYTES for key, value in batch.records)
        assert size <= WHOLE_BYTES or len(batch.records) == 1


@given(tickets)
def test_a_ticket_that_fits_is_in_one_batch_side_by_side(listed: list[tuple[int, list[int]]]) -> None:
    sent = [whole(f"T{place}-{number}", *sizes) for place, (number, sizes) in enumerate(listed)]
    for batch in batches_of(sent, murmur2, 2):
        keys = [key for key, _ in batch.records]
        for ticket in sent:
            if ticket.fits and (count := keys.count(ticket.key.encode())):
                first = keys.index(ticket.key.encode())
                assert count == len(ticket.events)
                assert keys[first : first + count] == [ticket.key.encode()] * count


@pytest.mark.parametrize(("more", "batches"), [(-1, 1), (0, 1), (1, 2)])
def test_a_batch_is_filled_up(more: int, batches: int) -> None:
    half = ROOM // 2
    sent = [whole("T1", half), whole("T1", ROOM - half - RECORD_BYTES - len("T1") + more)]
    assert len(list(batches_of(sent, murmur2, 1))) == batches


@pytest.mark.parametrize(("more", "said"), [(-1, ""), (0, ""), (1, "ticket T1 has events of 262,145 bytes")])
def test_a_ticket_that_is_judged_in_parts_is_told(more: int, said: str) -> None:
    err = io.StringIO()
    sent = [whole("T1", ROOM + more)]
    assert list(told_if_too_large(sent, err)) == sent
    assert err.getvalue().startswith(said)
    assert bool(err.getvalue()) is bool(said)
