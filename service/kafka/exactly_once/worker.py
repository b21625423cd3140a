"""One process of the group: an owner for each partition that the group gives it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from service.clock import GuardedClock
from service.errors import RefusalError
from service.kafka.client.groupless_consumer import count
from service.kafka.client.leave_group_request import Leaver
from service.kafka.client.log_end import Asker
from service.kafka.exactly_once.context import OwnerSettings, Shared
from service.kafka.exactly_once.loop_budget import LoopBudget
from service.kafka.exactly_once.owner import Owner
from service.kafka.exactly_once.pace import Pace
from service.kafka.exactly_once.source import Input
from service.kafka.exactly_once.status import Status
from service.kafka.exactly_once.tenure import Tenure
from service.kafka.exactly_once.warm_state import WarmState
from service.kafka.topics.acl import denied
from service.kafka.topics.members import is_instance, members

log = logging.getLogger(__name__)

FETCH_BYTES = 4 * 2**20  # of one partition per fetch; the next fetch is sent only when they are used up
PATIENCE = 30  # group errors in a row, a second apart, before the process gives up


class GroupError(Exception):
    """The process cannot be a member of its group, or its topics are missing or have changed."""


def consumer_settings(group: str, instance: str | None) -> dict[str, Any]:
    """Settings of the consumer that feeds a worker. Add the connection, and the worker as listener."""
    return {
        "group_id": group,
        "group_instance_id": instance,  # static: a process that crashes and restarts causes no rebalance
        "session_timeout_ms": 10_000,
        "heartbeat_interval_ms": 250,  # how soon a member learns that another member has left
        "rebalance_timeout_ms": 10_000,
        "max_poll_interval_ms": 2**31 - 1,  # a member without partitions does not poll; owners have deadlines
        "enable_auto_commit": False,
        "auto_offset_reset": "none",  # any other value would silently lose or repeat records
        "isolation_level": "read_committed",
        "request_timeout_ms": 15_000,
        "metadata_max_age_ms": 30_000,
        "fetch_max_wait_ms": 500,
        "max_partition_fetch_bytes": FETCH_BYTES,
    }


class Worker(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka has no types
    """Listens to the group and keeps one owner per assigned partition.

    `start`, start the consumer with this as its listener, await `run`; `stop` before the consumer is stopped.
    """

    def __init__(
        self, terms: OwnerSettings, consumer: Callable[[], AIOKafkaConsumer], instance: str | None = None
    ) -> None:
        """`consumer` is called at the first assignment of the group, not before."""
        self._terms = terms
        self._instance = instance
        self._member = ""  # our member id at the last assignment
        self._consumer = consumer
        self._clock = GuardedClock(terms.now, terms.elapsed)
        self._asker = Asker(terms.connection, self._clock.earliest)
        self._pace = Pace(terms.pace)
        self._share = LoopBudget()
        self._inputs: Mapping[str, Input] = {one.topic: one for one in terms.inputs}
        self._counts: Mapping[str, int] = {}
        self._owners: dict[TopicPartition, Owner] = {}
        self._kept: dict[TopicPartition, WarmState] = {}  # from a revocation to the next assignment
        self._following: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stopping = False

    async def start(self) -> None:
        """Connect. Raises GroupError, KafkaError, OSError or TimeoutError."""
        self._counts = await self._count()
        (await self._asker.start()).add_done_callback(partial(self._over, self))
        if self._terms.policies is not None:
            self._following = asyncio.create_task(self._terms.policies.run(), name="following policies")
            self._following.add_done_callback(partial(self._over, self))

    async def run(self) -> None:
        """Run until `stop`. Raises errors that no owner can handle: the process should end."""
        watch = asyncio.create_task(self._watch())
        watch.add_done_callback(partial(self._over, self))
        try:
            await self._ended
        finally:
            watch.cancel()

    async def stop(self) -> None:
        """Finish running commits and give all partitions up, within about six seconds. Raises nothing."""
        self.stopping = True
        await self._release(set(self._owners))
        await self._asker.stop()
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
        if not self._ended.done():
            self._ended.set_result(None)

    def status(self) -> dict[TopicPartition, Status]:
        """The status of each partition that this process owns."""
        return {source: owner.status() for source, owner in sorted(self._owners.items())}

    @property
    def expected(self) -> int:
        """How many partitions all processes together must own; 0 before `start`."""
        return sum(self._counts.get(topic, 0) for topic in self._inputs)

    @property
    def astray(self) -> int:
        """How far (ms) the wall clock is ahead of Kafka's, or back (below 0); see GuardedClock."""
        return self._clock.astray

    @property
    def leaver(self) -> Leaver | None:
        """Our name and member id, to leave the group; None unless we are a static member of it."""
        member = self._member and _member(self._consumer())
        return Leaver(self._instance, member) if self._instance and member else None

    @property
    def clock(self) -> GuardedClock:
        """The clock that all owners use."""
        return self._clock

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """After a rebalance: pause the new partitions, for fetches are under way, and acquire them later."""
        consumer = self._consumer()
        consumer.pause(*assigned)
        self._member = _member(consumer)
        self._terms.observer.assigned(len(assigned))
        log.info("assigned: %s", ", ".join(f"{topic}-{number}" for topic, number in sorted(assigned)))
        kept, self._kept = self._kept, {}  # the state of partitions that went to other processes is dropped
        shared = Shared(
            self._terms, self._counts, consumer, self._asker, self._clock, self._pace, self._share
        )
        for source in () if self.stopping else sorted(assigned):
            begin = partial(Tenure, source, self._inputs[source.topic], shared)
            owner = Owner(source, begin, self._terms.observer, kept.get(source))
            self._owners[source] = owner
            owner.start().add_done_callback(partial(self._over, owner))

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Stop the owners: each rebalance first revokes all partitions.

        The library would only log an exception from here.
        """
        await self._release(revoked)
        if await self._displaced():
            if not self._ended.done():
                self._ended.set_exception(
                    GroupError(
                        f"another process has joined as {self._instance}: each needs its own SLA_INSTANCE"
                    )
                )
            # The library would join again and displace the other process. Only CancelledError prevents that.
            raise asyncio.CancelledError

    async def _displaced(self) -> bool:
        """True when the group has forgotten this process, and another process has its instance name.

        Either this process slept and was replaced, or two processes were started under one name.
        """
        if self._instance is None or not self._member or _member(self._consumer()):
            return False
        try:
            found = await members(self._terms.connection, self._terms.group)
        except RefusalError as error:
            log.warning("cannot list the members of the group: %s", error)
            return False
        return any(is_instance(one, self._instance) and one != self._member for one in found)

    async def _release(self, partitions: set[TopicPartition]) -> None:
        owners = {source: owner for source in partitions if (owner := self._owners.pop(source, None))}
        left = await asyncio.gather(*(owner.stop() for owner in owners.values()))
        self._kept |= {source: kept for source, kept in zip(owners, left, strict=True) if kept}

    def _over(self, whose: "Owner | Worker", task: "asyncio.Task[None]") -> None:
        """End the process with the first error. The end of a task that is stopping is no error."""
        error = None if task.cancelled() else task.exception()
        if not whose.stopping and not self._ended.done():
            self._ended.set_exception(error or GroupError(f"{task.get_name()} ended by itself"))

    async def _count(self) -> dict[str, int]:
        """Partitions by topic. Raises GroupError when a topic is missing or numbers of partitions differ."""
        inputs = self._inputs.values()
        ours = [*self._terms.topics, *self._inputs, *(one.changelog for one in inputs)]
        counts = await count(self._terms.connection, ours)
        for topic, partitions in counts.items():
            if not partitions:
                raise GroupError(f"topic {topic}: missing; create it with: sla-timer topics ensure")
        for topic, changelog, *_ in inputs:
            if counts[topic] != counts[changelog]:
                raise GroupError(
                    f"topic {changelog}: {counts[changelog]} partitions, but {topic} has {counts[topic]}"
                )
        return counts

    async def _watch(self) -> None:
        """Watch for group errors, a dead fetcher, and added input partitions; no owner would see them."""
        # A poll of a partition that does not exist returns no records, but raises the errors of the group.
        nowhere = TopicPartition(next(iter(self._inputs)), -1)
        errors = 0
        while errors < PATIENCE:
            try:
                consumer = self._consumer()
                await consumer.getmany(nowhere, timeout_ms=1_000)
                errors = 0
            except KafkaError as error:
                if denied(error):
                    raise
                errors += 1
                log.warning("the group: %r", error)
                await asyncio.sleep(1)
                continue
            if consumer._fetcher.error_future.done():  # noqa: SLF001 (else getmany waits for ever)
                raise GroupError("the consumer's fetcher has died")
            for topic in self._inputs:
                before, partitions = self._counts[topic], consumer.partitions_for_topic(topic)
                if partitions is not None and len(partitions) != before:
                    raise GroupError(
                        f"topic {topic}: {len(partitions)} partitions, but there were {before}: "
                        f"its keys would change their partition; see `sla-timer state export`"
                    )
        raise GroupError(f"no member of group {self._terms.group}: see the log above")


def _member(consumer: AIOKafkaConsumer) -> str:
    """Our member id in the group; empty when the group does not know us."""
    return str(consumer._coordinator.member_id)  # noqa: SLF001 (a consumer does not show it)
