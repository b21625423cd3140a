"""Where the records of an owner go, and that a blank one is no ticket."""

import pytest
from aiokafka import TopicPartition

from service.kafka.codec.partitioner import PARTITIONERS, Partitioner, murmur2
from service.kafka.exactly_once.context import OwnerSettings, Topics
from service.kafka.exactly_once.outputs import Outputs
from service.kafka.exactly_once.placement import PlacementCheck
from service.sla.announcement import Announcement
from service.sla.state import names
from service.sla.tickets import ticket_partition
from tests.sla.stories import DAY, LETTER, at, fact

TOPICS = Topics("sla.breaches", "sla.clocks", "complaints.rejected")
CHANGELOG = "sla.tickets"
TICKET = "T-1"


def terms(partitioner: Partitioner) -> OwnerSettings:
    return OwnerSettings({}, "group", TOPICS, (), 0, lambda: 0, partitioner)


def announced() -> list[Announcement]:
    """A warning, and a promise that was broken."""
    partition = ticket_partition(LETTER, 35 * DAY)
    arrivals = [(f"{TICKET}@default", fact("received", "09:00"))]
    partition.step(arrivals, at=at("09:00"), now=at("09:00"), offset=0, grace=0)
    return [
        told
        for now in ("09:25", "09:31")
        for told in partition.step([], at=at(now), now=at(now), offset=0, grace=0).announcements
    ]


@pytest.mark.parametrize("counts", [(4, 4, 4), (4, 7, 1), (1, 5, 12)])
def test_an_announcement_lies_in_the_partition_that_its_ticket_belongs_to(counts):
    lifecycle, breaches, clocks = counts
    key = TICKET.encode()
    partitions = {"complaints.lifecycle": lifecycle, "sla.breaches": breaches, "sla.clocks": clocks}
    source = TopicPartition("complaints.lifecycle", murmur2(key, lifecycle))
    outputs = Outputs(
        OwnerSettings({}, "group", TOPICS, (), 0, lambda: 0, murmur2), partitions, source, CHANGELOG
    )
    warning, breach = [outputs.announce(told) for told in announced()]
    assert warning.target == ("sla.clocks", murmur2(key, clocks))
    assert breach.target == ("sla.breaches", murmur2(key, breaches))
    assert warning.key == breach.key == key


@pytest.mark.parametrize("partitioner", PARTITIONERS.values(), ids=PARTITIONERS)
@pytest.mark.parametrize("partitions", [1, 3, 12, 200])
def test_a_blank_record_lies_where_it_belongs_and_is_no_ticket(
    partitioner: Partitioner, partitions: int
) -> None:
    counts = dict.fromkeys((*TOPICS, "complaints.lifecycle"), partitions)
    for number in range(partitions):
        source, changelog = (TopicPartition(name, number) for name in ("complaints.lifecycle", CHANGELOG))
        record = Outputs(terms(partitioner), counts, source, changelog).blank()
        assert (record.target, record.value) == (changelog, None)
        assert record.key
        tenant, _ = names(record.key.decode())
        assert tenant == ""  # no tenant of an event is without a name
        memory = ticket_partition(LETTER, 35 * DAY)
        PlacementCheck(memory, number, partitions, partitioner).restore(record.key.decode(), record.value)
        assert (len(memory), memory.next_at(), memory.reflects) == (0, None, -1)
