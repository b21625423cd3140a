"""Startup checks before anything is judged: policies, rights and topics. Publishes new policies."""

import logging
from dataclasses import dataclass

from schemas.topics import POLICIES
from service.clock import now_ms
from service.errors import RefusalError
from service.kafka.client.options import connection
from service.kafka.topics.acl import missing
from service.kafka.topics.check import check, shortcomings, warnings
from service.kafka.topics.ensure import FoundTopic, find
from service.kafka.topics.policies import publish, published
from service.policy.directory import PolicyDirectory, read_policies
from service.policy.publication import verify
from service.settings import Settings
from service.timezones import database_version

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The results of the startup checks that the service needs."""

    connection: dict[str, object]
    policies: PolicyDirectory
    topics: dict[str, FoundTopic]  # by name without prefix
    short: frozenset[str]  # topics that keep or date records otherwise than promised


async def prepare(settings: Settings) -> Prepared:
    """Check policies, rights, topics and publications, and publish new policies. Raises RefusalError."""
    policies = read_policies(settings.policies)
    reach = connection(settings)
    if denied := await missing(reach, settings.topic_prefix, settings.group):
        raise RefusalError("\n".join(denied))
    topics = await find(reach, settings.topic_prefix)
    if wrong := check(topics, settings.topic_prefix):
        raise RefusalError("\n".join(wrong))
    short = shortcomings(topics, settings.retention, settings.topic_prefix)
    of_short = [line for lines in short.values() for line in lines]
    for warning in [*of_short, *warnings(topics, settings.topic_prefix)]:
        log.warning("%s", warning)
    await _publish(reach, POLICIES.named(settings.topic_prefix), policies)
    return Prepared(reach, policies, topics, frozenset(short))


async def _publish(reach: dict[str, object], topic: str, policies: PolicyDirectory) -> None:
    """Compare the policies with the published ones, and publish new policies. Raises RefusalError."""
    verified = verify(policies, await published(reach, topic), now_ms(), database_version())
    for warning in verified.warnings:
        log.warning("%s", warning)
    if not verified.new:
        return
    await publish(reach, topic, verified.new)
    # Another process may have published other content a moment before. The first publication counts. It is
    # published again, as compaction keeps only the last.
    first = await published(reach, topic)
    names = {(new.policy, new.version): new.sha256 for new in verified.new}
    await publish(reach, topic, [first[name] for name, ours in names.items() if first[name].sha256 != ours])
    verify(policies, first, now_ms(), database_version())
    for new in verified.new:
        log.info("published %s version %d", new.policy, new.version)
