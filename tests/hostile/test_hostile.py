"""Whatever is written to the input: the service lives, puts aside what is bad once, and judges the rest."""

import asyncio
from pathlib import Path

from service.clock import now_ms
from tests.broker.live import WITHIN, set_up, told
from tests.broker.log import read
from tests.broker.service import running
from tests.hostile.flood import flood
from tests.hostile.outcome import Outcome, outcome, written
from tests.hostile.records import LATE, made

MANY = 2_000
FAST = 1e6  # records a second: as fast as Kafka takes them


async def settled(bootstrap: str, prefix: str, file: Path) -> Outcome:
    """The outcome, once it is right or time is up."""
    until = asyncio.get_running_loop().time() + WITHIN
    while not (found := await outcome(bootstrap, prefix, written(file))).right:
        if asyncio.get_running_loop().time() > until:
            break
    return found


def test_each_hostile_record_is_put_aside_once_or_judged_and_the_process_is_killed_meanwhile(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = set_up(bootstrap, prefix, tmp_path, partitions=2) | {"SLA_INSTANCE": "one"}
    file, topic = tmp_path / "flood.jsonl", f"{prefix}complaints.lifecycle"
    records = made(MANY, now_ms())
    asyncio.run(flood(bootstrap, topic, file, records, FAST))
    with running(env):  # killed at the end of the block
        asyncio.run(some_aside(bootstrap, prefix))
    with running(env) as (process, _):
        found = asyncio.run(settled(bootstrap, prefix, file))
        late = [line.ticket for line in written(file) if line.good and line.ticket.startswith(LATE)]
        rows = asyncio.run(told(bootstrap, prefix, at_least=len(late)))
        assert process.poll() is None
    assert found.right, found
    assert found.records == MANY
    assert [row for row in rows if row[0].startswith(LATE)] == sorted(
        (ticket, "breached", "minor", 1) for ticket in late
    )


async def some_aside(bootstrap: str, prefix: str) -> None:
    async with asyncio.timeout(WITHIN):
        while not await read(bootstrap, f"{prefix}complaints.rejected"):
            pass
