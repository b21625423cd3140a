"""A record that says nothing: nobody who reads the changelog finds anything in it."""

import pytest
from aiokafka import TopicPartition

from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.exactly_once.blank import blank
from service.kafka.exactly_once.placement import PlacementCheck
from service.sla.state import names
from service.sla.tickets import ticket_partition
from tests.sla.stories import DAY, clock, policy

POLICIES = policy(clock("response", "received", "response_started", {"minor": 60_000}))


@pytest.mark.parametrize("partitioner", PARTITIONERS.values(), ids=PARTITIONERS)
@pytest.mark.parametrize("partitions", [1, 3, 12, 200])
def test_it_lies_where_it_belongs_and_is_no_ticket(partitioner: type, partitions: int) -> None:
    for number in range(partitions):
        record = blank(TopicPartition("sla.tickets", number), partitions, partitioner)
        assert (record.target, record.value) == (("sla.tickets", number), None)
        assert record.key
        tenant, _ = names(record.key.decode())
        assert tenant == ""  # no tenant of an event is without a name
        memory = ticket_partition(POLICIES, 35 * DAY)
        PlacementCheck(memory, number, partitions, partitioner).restore(record.key.decode(), record.value)
        assert (len(memory), memory.next_at(), memory.reflects) == (0, None, -1)
