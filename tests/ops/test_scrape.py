"""What a scrape costs the event loop when a million tickets are open."""

from itertools import cycle
from statistics import median
from time import perf_counter

from aiokafka import TopicPartition

from service.clock import GuardedClock
from service.events.fact import FITTINGS
from service.events.rejection import Reason
from service.kafka.client.log_end import Asker
from service.kafka.codec.partitioner import murmur2
from service.kafka.exactly_once.context import OwnerSettings, Shared, Topics
from service.kafka.exactly_once.loop_budget import LoopBudget
from service.kafka.exactly_once.pace import Pace
from service.kafka.exactly_once.source import complaints
from service.kafka.exactly_once.status import OwnerState
from service.kafka.exactly_once.tenure import Tenure
from service.kafka.exactly_once.turn import TurnLimits
from service.sla.tickets import ticket_partition
from service.telemetry.metrics import Metrics
from tests.sla.stories import DAY, LETTER, at, fact

TICKETS, PARTITIONS = 1_000_000, 12
GRACE = 1_000  # ms
TOPICS = Topics("sla.breaches", "sla.clocks", "complaints.rejected")
LEVELS = [(clock.name, level.name) for clock in LETTER.versions[0].clocks for level in clock.levels]
AT_MOST = 0.050  # seconds


def tenures() -> list[Tenure]:
    """They do not run, and have all tickets in their memory."""
    tickets = complaints("complaints.lifecycle", "sla.tickets", LETTER, 35 * DAY)
    clock = GuardedClock(lambda: at("09:10"), lambda: 0)
    terms = OwnerSettings({}, "group", TOPICS, (tickets,), GRACE, lambda: at("09:10"), murmur2)
    asker = Asker({}, clock.earliest)
    counts = dict.fromkeys((tickets.topic, *TOPICS), PARTITIONS)
    shared = Shared(terms, counts, None, asker, clock, Pace(0), LoopBudget())
    sources = [TopicPartition(tickets.topic, number) for number in range(PARTITIONS)]
    made = [Tenure(source, tickets, shared, TurnLimits(), None) for source in sources]
    for number, state in zip(range(TICKETS), cycle(states()), strict=False):
        made[number % PARTITIONS].partition.restore(f"ticket-{number}@default", state)
    return made


def states() -> list[bytes]:
    """Tickets of every second of ten minutes, as the changelog holds them."""
    partition = ticket_partition(LETTER, 35 * DAY)
    arrivals = [
        (f"T-{second}@default", fact("received", at("09:00") + second * 1_000)) for second in range(600)
    ]
    step = partition.step(arrivals, at=at("09:00"), now=at("09:10"), offset=0, grace=GRACE)
    return [state for state in step.changes.values() if state]


async def test_a_scrape_with_a_million_tickets_takes_less_than_50_ms_of_the_loop() -> None:
    metrics = Metrics(
        LEVELS,
        agreements=["default"],
        reasons=Reason,
        codes=FITTINGS,
        states=OwnerState,
        calendars={},
        build={"version": "1"},
    )
    ours = tenures()
    took = []
    for _ in range(5):
        began = perf_counter()
        shown = metrics.render({("input", number): owner.status() for number, owner in enumerate(ours)})
        took.append(perf_counter() - began)
    assert sum(owner.status().tickets for owner in ours) == TICKETS
    assert shown.count(b"sla_open_tickets{") == PARTITIONS
    assert median(took) < AT_MOST, took
