"""`report` of the live service's state and announcements."""

import asyncio
import os
from dataclasses import replace
from typing import Any

from schemas.topics import BREACHES, LIFECYCLE, POLICIES, TICKETS
from service.clock import now_ms
from service.kafka.client.options import connection
from service.kafka.topics.breaches import announced
from service.kafka.topics.policies import published
from service.kafka.topics.progress import TopicProgress
from service.kafka.topics.tickets import kept_tickets, opened
from service.policy.directory import PolicyDirectory
from service.policy.publication import verify
from service.report.document import document
from service.report.inputs import FactsHash
from service.report.request import Asked
from service.report.retractions import Retractions
from service.report.tally import Tally
from service.settings import Settings, read_settings
from service.sla.judge import judge
from service.telemetry.logs import no_log
from service.timezones import database_version


def from_log(asked: Asked, policies: PolicyDirectory) -> dict[str, Any]:
    """Return the document of all tickets in sla.tickets, judged at `asked.until`, else as of now.

    Raises RefusalError: no topics, or policies that differ from those that the service has published.
    """
    no_log()
    settings = read_settings(os.environ)
    now = now_ms() - settings.grace
    return asyncio.run(_read(settings, asked, now, policies))


async def _read(settings: Settings, asked: Asked, now: int, policies: PolicyDirectory) -> dict[str, Any]:
    reach, prefix = connection(settings), settings.topic_prefix
    tickets, breaches, publications = (topic.named(prefix) for topic in (TICKETS, BREACHES, POLICIES))
    verify(policies, await published(reach, publications), now_ms(), database_version())
    tally, seen = Tally(replace(asked, until=now) if asked.until is None else asked), FactsHash()
    async for kept in kept_tickets(reach, tickets):
        tenant, _, head, ticket = opened(tickets, kept)
        seen.add(kept.key, ticket.facts)
        # What was announced is true at the instant of the state, whatever our clock says.
        at = max(now, head.at) if asked.until is None else asked.until
        tally.add(tenant, judge(ticket.facts, policies.policies, tenant, at))
    taken_back = Retractions(asked, policies.policies)
    progress = TopicProgress(LIFECYCLE.named(prefix))
    async for type_, data in announced(reach, breaches, progress):
        taken_back.add(type_, data)
    inputs = [{"name": f"topic {topic}", "sha256": None} for topic in (tickets, breaches)]
    return document(
        tally,
        policies.policies,
        inputs=inputs,
        facts_sha256=seen.hexdigest(),
        retractions=taken_back.rows(),
        complete_until=progress.until,
    )
