"""Publishes the policies of a directory by the rules, and gives what is published: that is what judges."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from schemas.topics import POLICIES, TICKETS
from service.clock import now_ms
from service.kafka.topics.policies import OtherPublisherError, publish, published
from service.kafka.topics.scan import partitions_of
from service.kafka.topics.tickets import kept_tickets
from service.policy.directory import PolicyDirectory
from service.policy.publication_plan import Plan, Publishing, plan
from service.policy.published import Published
from service.settings import Settings
from service.timezones import database_version

log = logging.getLogger(__name__)

ATTEMPTS = 10  # while other processes publish
AGAIN_AFTER_SECONDS = 0.5

Reach = Mapping[str, Any]  # how Kafka is reached
Told = Callable[[Published, Plan], Awaitable[None]]


async def read_published_policies(reach: Reach, settings: Settings, *, must_exist: bool = False) -> Published:
    """Return all that is published. Raises RefusalError.

    `must_exist`: refuse a topic that is missing, which otherwise counts as empty.
    """
    topic = POLICIES.named(settings.topic_prefix)
    if must_exist:
        await partitions_of(reach, topic)
    return await published(reach, topic)


async def planned(
    reach: Reach,
    settings: Settings,
    directory: PolicyDirectory,
    known: Published,
    begun: int,
    *,
    backdate: bool = False,
) -> Plan:
    """Return what a publication begun at `begun` (ms) would add to `known`. Raises BadPolicies."""
    first = not known.versions and not await _has_tickets(reach, TICKETS.named(settings.topic_prefix))
    return plan(directory, known, Publishing(begun, database_version(), may_backdate=backdate or first))


async def publish_policies(
    reach: Reach,
    settings: Settings,
    directory: PolicyDirectory,
    *,
    backdate: bool = False,
    before: Told | None = None,
) -> Plan:
    """Publish what is new in `directory`. `before` is told the plan, before anything is written.

    Raises RefusalError, or OtherPublisherError when another process goes first; then nothing is published.
    """

    async def prepare(known: Published, begun: int) -> Plan:
        found = await planned(reach, settings, directory, known, begun, backdate=backdate)
        if before is not None:
            await before(known, found)
        return found

    return await publish(reach, POLICIES.named(settings.topic_prefix), settings.group, prepare)


async def publish_missing(reach: Reach, settings: Settings, directory: PolicyDirectory) -> Plan:
    """Publish what is new in `directory`, if anything is, also while other processes do the same.

    Raises RefusalError.
    """
    for attempt in range(1, ATTEMPTS + 1):
        known = await read_published_policies(reach, settings)
        found = await planned(reach, settings, directory, known, now_ms())
        if not found.new:
            break  # without a fence: processes that start together disturb each other, and no publisher
        try:
            found = await publish_policies(reach, settings, directory)
        except OtherPublisherError as error:
            if attempt == ATTEMPTS:
                raise
            log.info("%s", error)
            await asyncio.sleep(AGAIN_AFTER_SECONDS)
        else:
            break
    return found


async def _has_tickets(reach: Reach, topic: str) -> bool:
    async for _ in kept_tickets(reach, topic):
        return True
    return False
