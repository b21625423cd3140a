"""Startup checks before anything is judged: policies, rights and topics. Publishes new policies."""

import logging
from dataclasses import dataclass

from schemas.topics import SERVED
from service.clock import now_ms
from service.errors import RefusalError
from service.kafka.client.options import connection
from service.kafka.topics.acl import missing
from service.kafka.topics.check import check, shortcomings, warnings
from service.kafka.topics.ensure import FoundTopic, find
from service.policy.bad_policies import BadPolicies
from service.policy.directory import NO_FILE, PolicyDirectory, read_policies
from service.policy.in_force import in_force_line
from service.policy.published import Published
from service.processes.policies import publish_missing
from service.settings import Settings
from service.strict_yaml.place import Problem

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The results of the startup checks that the service needs."""

    connection: dict[str, object]
    published: Published  # its policies judge
    topics: dict[str, FoundTopic]  # by name without prefix
    short: frozenset[str]  # topics that keep or date records otherwise than promised


async def prepare(settings: Settings) -> Prepared:
    """Check policies, rights and topics, and publish new policies. Raises RefusalError."""
    # A directory without a policy is fine as long as policies are published.
    files = read_policies(settings.policies, to_publish=True)
    reach = connection(settings)
    if denied := await missing(reach, settings.topic_prefix, settings.group):
        raise RefusalError("\n".join(denied))
    topics = await find(reach, settings.topic_prefix)
    if wrong := check(topics, settings.topic_prefix, SERVED):
        raise RefusalError("\n".join(wrong))
    short = shortcomings(topics, settings.retention, settings.topic_prefix)
    of_short = [line for lines in short.values() for line in lines]
    for warning in [*of_short, *warnings(topics, settings.topic_prefix, SERVED)]:
        log.warning("%s", warning)
    published = await _publish(reach, settings, files)
    return Prepared(reach, published, topics, frozenset(short))


async def _publish(reach: dict[str, object], settings: Settings, files: PolicyDirectory) -> Published:
    """Publish what is new in the files; return all that is published. Raises RefusalError."""
    done = await publish_missing(reach, settings, files)
    if not done.after.versions:
        raise BadPolicies([Problem(str(settings.policies), None, None, NO_FILE)])
    for warning in done.warnings:
        log.warning("%s", warning)
    for note in done.notes:
        log.info("%s", note)
    for new in done.new:
        log.info("published %s", new.title)
    if done.backdated:
        log.info("this is the first publication: its versions may be in force already")
    log.info("%s", in_force_line(done.after.directory.policies, now_ms()))
    return done.after
