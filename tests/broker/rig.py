"""A service as the broker tests run it: topics and a group of its own, a policy in milliseconds."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer

from schemas.instant import written
from service.clock import now_ms
from service.kafka.client.patches import patch_aiokafka
from service.kafka.codec.partitioner import murmur2
from service.kafka.codec.record import Record
from service.kafka.exactly_once.context import OwnerSettings, PolicyFeed, Topics
from service.kafka.exactly_once.observer import NullObserver, Observer
from service.kafka.exactly_once.source import complaints
from service.kafka.exactly_once.status import Status
from service.kafka.exactly_once.worker import Worker, consumer_settings
from service.sla.calendar.calendar import ALWAYS
from service.sla.facts import Kind
from service.sla.policy import Clock, Level, Policies, Policy
from service.sla.state_budget import LARGEST_BYTES
from tests.broker.log import new_topics, read, write

GRACE = 50  # ms
RETENTION = 35 * 86_400_000  # ms
BY_THE_LOG = {"message.timestamp.type": "LogAppendTime"}  # as `topics ensure` makes them
BY_THE_WRITER = {"message.timestamp.type": "CreateTime"}


def policies(target: int) -> Policies:
    """One clock, to be answered within `target` ms."""
    levels = (Level("minor", target), Level("major", 2 * target))
    stop = frozenset({Kind.RESPONSE_STARTED})
    response = Clock("response", "2.3.2", Kind.RECEIVED, stop, (), False, levels, ALWAYS)
    return Policies([Policy("test", 1, "0" * 64, 0, {}, (), (response,))])


def event(ticket: str, kind: str, time: int, **data: str) -> tuple[str, bytes]:
    """Ticket, and a structured CloudEvent that says that `kind` happened to it at `time` (ms)."""
    body = {
        "specversion": "1.0",
        "id": f"{ticket}-{kind}-{time}",
        "source": "/desk",
        "type": f"complaint.{kind}",
        "subject": ticket,
        "time": written(time),
        "data": {"customer_id": "C1", "channel": "phone"} if kind == "received" else data,
    }
    return ticket, json.dumps(body).encode()


class Names(NamedTuple):
    """Its topics."""

    lifecycle: str
    tickets: str
    breaches: str
    clocks: str
    rejected: str


def only(worker: Worker) -> Status:
    """Of its one partition."""
    (status,) = worker.status().values()
    return status


@dataclass(frozen=True)
class Rig:
    """Where it runs. A child process gets it as JSON."""

    bootstrap: str
    topics: Names
    group: str
    partitions: int
    target: int
    largest: dict[str, int] = field(default_factory=dict)  # bytes a record may have, by a topic's role
    retention: int = RETENTION
    ahead: int = 0  # ms: of its clock
    feed: PolicyFeed | None = None  # its policies; None: those of `target` for good

    def terms(self, observer: Observer) -> OwnerSettings:
        connection = {"bootstrap_servers": self.bootstrap}
        return OwnerSettings(
            connection,
            self.group,
            Topics(*self.topics[2:]),
            (
                complaints(
                    *self.topics[:2],
                    policies(self.target),
                    self.retention,
                    self.largest.get("tickets", LARGEST_BYTES),
                ),
            ),
            GRACE,
            lambda: now_ms() + self.ahead,
            murmur2,
            observer,
            {getattr(self.topics, role): size for role, size in self.largest.items()},
            policies=self.feed,
        )

    def partition(self, ticket: str) -> int:
        return murmur2(ticket.encode(), self.partitions)

    async def publish(self, events: Iterable[tuple[str, bytes | None]]) -> None:
        """Sends (ticket, value), each to the partition of its key."""
        records = [(self.partition(ticket), ticket.encode(), value) for ticket, value in events]
        await write(self.bootstrap, self.topics.lifecycle, records)

    async def announced(self, at_least: int = 0, within: float = 30) -> list[Record]:
        """What readers of both topics of announcements see, once it is `at_least` so many records."""
        async with asyncio.timeout(within):
            while (
                len(records := await read(self.bootstrap, self.topics.breaches, self.topics.clocks))
                < at_least
            ):
                pass
        return records

    @asynccontextmanager
    async def worker(
        self, instance: str | None = None, observer: Observer | None = None
    ) -> AsyncIterator[Worker]:
        """A worker in this process; an error that ends it is raised at the end of the block."""
        patch_aiokafka()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, **consumer_settings(self.group, instance)
        )
        worker = Worker(self.terms(observer or NullObserver()), lambda: consumer, instance)
        await worker.start()
        consumer.subscribe([self.topics.lifecycle], listener=worker)
        await consumer.start()
        running = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            await worker.stop()
            await consumer.stop()
            await running


async def new_rig(
    bootstrap: str, partitions: int = 1, target: int = 200, config: Mapping[str, str] = BY_THE_LOG
) -> Rig:
    """Fresh topics, with this `config`. `target` in ms."""
    names = await new_topics(
        bootstrap, ["lifecycle", "tickets", "breaches", "clocks", "rejected"], partitions, config
    )
    return Rig(bootstrap, Names(*names), names[0], partitions, target)


async def main(rig: Rig, instance: str | None) -> None:
    """A worker until the process is killed."""
    async with rig.worker(instance):
        await asyncio.Event().wait()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    given["rig"]["topics"] = Names(*given["rig"]["topics"])
    asyncio.run(main(Rig(**given["rig"]), given["instance"]))
