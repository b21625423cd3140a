"""`simulate` over a file of events, on one core."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import workload
from bench.contestants import ROOT
from bench.options import Options
from bench.result import Figure

TICKETS = 100_000


async def measure(options: Options) -> list[Figure]:
    """The row `batch`: the whole command, reading, judging and writing the verdicts."""
    tickets = options.sized(TICKETS)
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "events.jsonl")
        with file.open("wb") as out:
            out.writelines(workload.structured(event) + b"\n" for event in workload.events(tickets))
        events = tickets * len(workload.STEPS)
        command = [
            sys.executable,
            "-m",
            "service",
            "simulate",
            str(file),
            "--policies",
            str(ROOT / "policies"),
        ]
        for _ in range(options.runs):
            before, began = os.times(), time.monotonic()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            walls.append(events / (time.monotonic() - began))
            after = os.times()
            cpus.append(
                events
                / (
                    after.children_user
                    + after.children_system
                    - before.children_user
                    - before.children_system
                )
            )
    return [
        Figure("simulate", "events/s", walls),
        Figure("simulate, per CPU second", "events/s", cpus, "≥ 100000"),
    ]
