"""A version that takes effect in seconds, published by the real command: its publisher's clock is behind.

By that clock the version is an hour ahead, so the rule of one minute is kept, and no test waits for it.
"""

import subprocess
import sys
from pathlib import Path

from service.kafka.codec.partitioner import murmur2
from tests.broker.wrong_clock import set_ahead

BEHIND = 3_600  # seconds


def publish_soon(env: dict[str, str], directory: Path, **files: str) -> None:
    """Publishes `files` (name: text) from a directory of their own below `directory`."""
    policies = directory / "soon"
    policies.mkdir()
    for name, text in files.items():
        (policies / f"{name}.yaml").write_text(text, encoding="utf-8")
    clock = directory / "clock"
    set_ahead(clock, -BEHIND)
    command = [sys.executable, "-m", "tests.broker.wrong_clock", str(clock), "policies", "publish"]
    done = subprocess.run(
        command,
        env=env | {"SLA_POLICIES": str(policies)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sum(line.startswith("published ") for line in done.stdout.splitlines()) == len(files)


def ticket_in(partition: int, partitions: int, stem: str) -> str:
    """A ticket id that begins with `stem` and whose key belongs to the partition."""
    numbers = iter(range(1_000))
    return next(
        name for number in numbers if murmur2((name := f"{stem}-{number}").encode(), partitions) == partition
    )
