"""`report` of the live service's state and announcements."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from schemas.topics import BREACHES, LIFECYCLE, TICKETS
from service.clock import now_ms
from service.kafka.client.options import connection
from service.kafka.topics.breaches import announced
from service.kafka.topics.progress import TopicProgress
from service.kafka.topics.tickets import kept_tickets, opened
from service.policy.directory import PolicyDirectory
from service.processes.policies import read_published_policies
from service.report.document import document
from service.report.inputs import FactsHash
from service.report.request import Asked
from service.report.retractions import Retractions
from service.report.tally import Tally
from service.settings import Settings, read_settings
from service.sla.judge import judge
from service.telemetry.logs import no_log


def from_log(ask: Callable[[PolicyDirectory], Asked]) -> dict[str, Any]:
    """Return the document of all tickets in sla.tickets, by the published policies.

    `ask` gives the request by these policies. Judged at its `until`, else as of now. Raises RefusalError.
    """
    no_log()
    settings = read_settings(os.environ)
    now = now_ms() - settings.grace
    return asyncio.run(_read(settings, ask, now))


async def _read(settings: Settings, ask: Callable[[PolicyDirectory], Asked], now: int) -> dict[str, Any]:
    reach, prefix = connection(settings), settings.topic_prefix
    tickets, breaches = (topic.named(prefix) for topic in (TICKETS, BREACHES))
    policies = (await read_published_policies(reach, settings)).directory
    asked = ask(policies)
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
