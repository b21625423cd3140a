"""A worker killed, a worker asleep and a broker killed, all at once. `make chaos` plays the long version."""

import pytest

from service.demo.process_guard import ProcessGuard
from tests.chaos.cluster import cluster
from tests.chaos.run import play
from tests.chaos.scenarios import short


@pytest.mark.broker
async def test_no_breach_is_lost_or_told_twice_or_false_while_workers_and_brokers_die() -> None:
    with ProcessGuard() as guard:
        async with cluster(guard) as running:
            row = await play("short", short, running, guard, seconds=1, rate=30, seed=1)
    assert row.good, row
