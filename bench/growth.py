"""What one event costs the core with few and with many open tickets: CPU time, no Kafka."""

import gc
import time
from random import Random
from statistics import median

from bench.options import Options
from bench.result import Figure, ratio
from bench.tickets import RETENTION, policies, receipt, states
from service.clock import now_ms
from service.sla.facts import Fact, Kind
from service.sla.partition import Partition
from service.sla.state import Ticket
from service.sla.tickets import ticket_partition

SIZES = (1_000, 10_000, 100_000, 1_000_000)
EVENTS = 20_000
AT_ONCE = 1_000


async def measure(options: Options) -> list[Figure]:
    """The row `growth`."""
    now = now_ms()
    figures = []
    for size in SIZES:
        count = options.sized(size)
        partition = ticket_partition(policies(), RETENTION)
        for name, value in states(count, lambda number: now - number % 60_000, now):
            partition.restore(name.decode(), value)
        gc.freeze()
        values = [_cost(partition, count, now, seed) for seed in range(options.runs)]
        gc.unfreeze()
        figures.append(Figure(f"one event with {count:,} open tickets", "µs CPU", values))
    return [*figures, ratio("most / fewest", figures[-1], figures[0], "≤ 1.2")]


def _cost(partition: Partition[Ticket], tickets: int, now: int, seed: int) -> float:
    """CPU microseconds per event, of the median batch: half are new tickets, half old ones."""
    random, costs = Random(seed), []
    for first in range(0, EVENTS, AT_ONCE):
        arrivals = []
        for number in range(first, first + AT_ONCE, 2):
            offset = seed * EVENTS + number
            arrivals.append(receipt(f"N-{offset:08}", now, offset))
            name = f"T-{random.randrange(tickets):08}"
            fact = Fact(
                now, Kind.REASSIGNED, "/bench/desk", f"{name}-{offset}", {"team": "t"}, now, 0, offset
            )
            arrivals.append((f"{name}@default", fact))
        began = time.process_time()
        partition.step(arrivals, at=now, now=now, offset=first, grace=1_000)
        costs.append((time.process_time() - began) / AT_ONCE * 1e6)
    return median(costs)
