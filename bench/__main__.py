"""`make bench`: every figure of docs/performance.md; `make bench ROW=throughput` for one, or ROW=page."""

import argparse
import asyncio
import importlib
import sys
from pathlib import Path

from bench.contestants import BUILD, PEER
from bench.machine import machine
from bench.options import Options
from bench.result import save, table
from service.kafka.client.patches import patch_aiokafka

ROWS = (
    "throughput",
    "trickle",
    "punctuality",
    "herd",
    "restore",
    "remembered",
    "growth",
    "scale_out",
    "batch",
    "gateway",
    "file",
    "grace",
)
ALONE = ("page",)  # only by name: an hour, and a browser
ALSO = {"efficiency": "throughput", "memory": "restore", "scale-out": "scale_out"}  # measured together


def main() -> int:
    """Measures, prints a table and writes build/bench/ROW.json. Gives the exit code."""
    patch_aiokafka()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "row", nargs="?", choices=(*ROWS, *ALONE, *ALSO), help="default: all but page, about an hour"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each program, in turn (default: 3)")
    parser.add_argument("--scale", type=float, default=1.0, help="a fraction of the sizes, for a quick look")
    parser.add_argument("--peer", type=Path, help="sources of the Kafka Streams peer (default: %(default)s)")
    given = parser.parse_args()
    peer = given.peer or (PEER if PEER.exists() else None)
    options = Options(given.runs, given.scale, peer)
    tables = []
    for row in [ALSO.get(given.row, given.row)] if given.row else ROWS:
        print(f"{row}:", flush=True)
        here = machine()
        figures = asyncio.run(importlib.import_module(f"bench.{row}").measure(options))
        save(BUILD / "bench", row, figures, {**here, "runs": options.runs, "scale": options.scale})
        tables.append(table(row, figures))
    print("\n".join(tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
