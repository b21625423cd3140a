"""`python -m tests.chaos [--seconds N] [scenario …]` prints and saves the table; 1 when the bar is missed."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from service.demo.process_guard import ProcessGuard
from service.kafka.client.patches import patch_aiokafka
from tests.chaos.cluster import cluster
from tests.chaos.oracle import Row
from tests.chaos.run import play
from tests.chaos.scenarios import SCENARIOS

TABLE = Path("build", "chaos.md")
HEAD = (
    "scenario", "seconds", "events in", "breaches expected", "lost", "twice", "false", "early",
    "out of order", "taken back (late facts)", "longest stall, s",
    "Kafka moved leaders in, s", "stall after that, s",
    "restarts", "died",
    "most memory, MB", "put aside", "put aside or judged wrongly",
)  # fmt: skip


async def main(names: list[str], seconds: float | None, rate: float, seed: int) -> int:
    """Plays them one after the other on one cluster."""
    patch_aiokafka()  # brokers hang for the generator and the reader as well
    rows: list[Row] = []
    with ProcessGuard() as guard:
        async with cluster(guard) as running:
            _line(HEAD)
            _line(["---"] * len(HEAD))
            for name in names or SCENARIOS:
                usual, scenario = SCENARIOS[name]
                row = await play(
                    name, scenario, running, guard, seconds=seconds or usual, rate=rate, seed=seed
                )
                rows.append(row)
                _line(row.line())
                for example in row.examples:
                    sys.stderr.write(f"    {example}\n")
                _save(rows)
    return 0 if all(row.good for row in rows) else 1


def _line(cells: Sequence[str]) -> None:
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


def _save(rows: list[Row]) -> None:
    TABLE.parent.mkdir(exist_ok=True)
    lines = [HEAD, ["---"] * len(HEAD), *(row.line() for row in rows)]
    TABLE.write_text("".join(f"| {' | '.join(line)} |\n" for line in lines), encoding="utf-8")
    TABLE.with_suffix(".json").write_text(
        json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=", ".join(SCENARIOS))
    parser.add_argument("--seconds", type=float, help="length of each scenario; by default its own")
    parser.add_argument("--rate", type=float, default=60, help="tickets a second")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.scenarios, given.seconds, given.rate, given.seed)))
