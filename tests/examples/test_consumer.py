"""The billing consumer reads what a running service announced of the example complaints."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from examples.consumer import Charges, bills
from tests.broker.live import WITHIN, stopped_after, told
from tests.broker.service import environment, sla_timer
from tests.examples.played import COMPLAINTS, POLICY

T3 = ("default", "T-3", 1, "response")
# All deadlines of the example lie in the past, so T-5 is out of time as well.
CHARGED = {
    ("default", "T-2", 1, "response"): "minor",
    ("default", "T-4", 1, "response"): "major",
    ("default", "T-5", 1, "response"): "major",
}


def test_it_charges_what_stands_and_drops_what_was_retracted(
    bootstrap: str, prefix: str, tmp_path: Path
) -> None:
    env = environment(bootstrap, prefix, SLA_POLICIES=str(POLICY))
    assert sla_timer("topics", "ensure", "--partitions", "2", env=env).returncode == 0
    lines = COMPLAINTS.read_text(encoding="utf-8").splitlines(keepends=True)
    late = next(number for number, line in enumerate(lines) if '"e-08"' in line)
    with stopped_after(env):
        for number, part in enumerate((lines[:late], lines[late:])):
            file = tmp_path / f"{number}.jsonl"
            file.write_text("".join(part), encoding="utf-8")
            assert sla_timer("publish", str(file), env=env).returncode == 0
            expected = ("T-3", "breached", "minor", 1) if number == 0 else ("T-3", "met", None, 1)
            asyncio.run(until_told(bootstrap, prefix, expected))
        seen = asyncio.run(charged(bootstrap, f"{prefix}sla.breaches"))
    assert any(T3 in charges for charges in seen)
    assert seen[-1] == CHARGED


async def until_told(bootstrap: str, prefix: str, row: tuple[str, str, str | None, int]) -> None:
    async with asyncio.timeout(WITHIN):
        while row not in await told(bootstrap, prefix):
            pass


async def charged(bootstrap: str, topic: str) -> list[Charges]:
    """What the consumer says after each event, until the bill is as it has to be, T-3 taken off it."""
    seen: list[Charges] = []
    async with asyncio.timeout(WITHIN), aclosing(bills(bootstrap, topic)) as following:
        async for charges in following:
            seen.append(charges)
            if charges == CHARGED and any(T3 in earlier for earlier in seen):
                break
    return seen
