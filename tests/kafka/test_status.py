"""What an owner shows of its partition."""

import pytest
from aiokafka import TopicPartition

from service.clock import GuardedClock
from service.kafka.client.log_end import Asker
from service.kafka.codec.partitioner import murmur2
from service.kafka.exactly_once.context import OwnerSettings, Shared, Topics
from service.kafka.exactly_once.loop_budget import LoopBudget
from service.kafka.exactly_once.pace import Pace
from service.kafka.exactly_once.source import complaints
from service.kafka.exactly_once.tenure import Tenure
from service.kafka.exactly_once.turn import TurnLimits
from tests.sla.stories import DAY, RESPONSE, at, clock, fact, policy

GRACE = 1_000
TOPICS = Topics("sla.breaches", "sla.clocks", "complaints.rejected")
ANSWERED = clock("response", "received", "response_started", {"minor": RESPONSE.levels[1].after_ms})


@pytest.mark.parametrize(
    ("now", "overdue_for"),
    [("09:30:00.999", 0), ("09:30:01", 0), ("09:30:01.001", 1), ("10:30:01", 3_600_000)],
)
async def test_a_deadline_is_overdue_once_it_and_the_grace_have_passed(now: str, overdue_for: int) -> None:
    instant = at(now)
    tickets = complaints("complaints.lifecycle", "sla.tickets", policy(ANSWERED), 35 * DAY)
    terms = OwnerSettings({}, "group", TOPICS, (tickets,), GRACE, lambda: instant, murmur2)
    kept_clock = GuardedClock(lambda: instant, lambda: 0)
    source = TopicPartition(tickets.topic, 0)
    counts = dict.fromkeys((tickets.topic, *TOPICS), 1)
    asker = Asker({}, kept_clock.earliest)
    shared = Shared(terms, counts, None, asker, kept_clock, Pace(0), LoopBudget())
    tenure = Tenure(source, tickets, shared, TurnLimits(), None)  # it does not run
    arrivals = [("T-1@default", fact("received", "09:00"))]
    tenure.partition.step(arrivals, at=at("09:00"), now=at("09:00"), offset=0, grace=GRACE)
    assert tenure.status().overdue_for == overdue_for
