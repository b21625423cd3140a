"""A publisher that never gets to its commit: `python -m tests.broker.stuck_publisher policies publish`.

Its records are in the log when it says WRITTEN, in a transaction that is open. Kafka's library is what is
stopped, between the last record and the request that ends the transaction.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka import AIOKafkaProducer

WRITTEN = "all is written, and nothing committed"


@contextmanager
def stuck(env: dict[str, str]) -> Iterator[None]:
    """One that hangs in its transaction at the beginning of the block, and is killed at its end."""
    command = [sys.executable, "-m", "tests.broker.stuck_publisher", "policies", "publish"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert any(WRITTEN in line for line in process.stdout), "it ended"
            yield
        finally:
            process.kill()


async def _never(_: AIOKafkaProducer) -> None:
    sys.stdout.write(f"{WRITTEN}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    AIOKafkaProducer.commit_transaction = _never
    from service.cli import main

    main()
