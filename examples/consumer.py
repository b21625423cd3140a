#!/usr/bin/env python3
"""A billing consumer: `python examples/consumer.py localhost:9092` prints what each ticket is charged for."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from typing import Any

from aiokafka import AIOKafkaConsumer

Charges = dict[tuple[str, str, int, str], str]  # level by tenant, ticket, cycle and clock


def version(breach: dict[str, Any]) -> tuple[int, int]:
    """Where it stands among all that is said of its breach_id; the greatest counts."""
    return breach.get("epoch", 0), breach["revision"]  # older software wrote no epoch


class Bill:
    """The latest revision of every breach. A real one keeps it in its database."""

    def __init__(self) -> None:
        self._latest: dict[str, dict[str, Any]] = {}

    def apply(self, type_: str, breach: dict[str, Any]) -> None:
        """Take one event of sla.breaches, in any order and any number of times."""
        known = self._latest.get(breach["breach_id"])
        if known is None or version(breach) > version(known):
            self._latest[breach["breach_id"]] = breach | {"stands": type_ != "sla.breach_retracted"}

    def charges(self) -> Charges:
        """Of each clock the level of the highest rank that stands."""
        standing = [breach for breach in self._latest.values() if breach["stands"]]
        return {
            (one["tenant"], one["ticket_id"], one["cycle"], one["clock"]): one["level"]
            for one in sorted(standing, key=lambda breach: breach.get("rank") or 0)
        }


async def bills(bootstrap: str, topic: str = "sla.breaches") -> AsyncGenerator[Charges, None]:
    """The charges after each event, from the beginning of the topic on."""
    bill, types = Bill(), {"sla.breached", "sla.breach_settled", "sla.breach_retracted"}
    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",  # it keeps no offsets; one that does sets none
        isolation_level="read_committed",
    ) as consumer:
        async for record in consumer:
            type_ = dict(record.headers).get("ce_type", b"").decode()
            if type_ in types:  # ignore what you do not know
                bill.apply(type_, json.loads(record.value))
                yield bill.charges()


async def main(bootstrap: str) -> None:
    """Print the charges whenever they change."""
    before: Charges = {}
    async for charges in bills(bootstrap):
        if charges != before:
            sys.stdout.write(f"{charges}\n")
        before = charges


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
