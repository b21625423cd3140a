"""`explain` of a ticket in the live service's state, by the policies that the service published."""

import asyncio
import os
import sys

import click

from schemas.topics import LIFECYCLE, POLICIES, TICKETS
from service.clock import now_ms
from service.errors import RefusalError
from service.kafka.client.options import connection
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.topics.policies import published
from service.kafka.topics.tickets import KeptTicket, kept_ticket, opened
from service.offline.explain import explain_facts
from service.policy.directory import PolicyDirectory
from service.policy.publication import Publication, VersionKey, verify
from service.settings import Settings, read_settings
from service.telemetry.logs import no_log
from service.text.visible import visible
from service.timezones import database_version


def explain(
    ticket_id: str, policies: PolicyDirectory, tenant: str, until: int | None, *, as_json: bool, lang: str
) -> int:
    """Explain the committed state of a ticket at `until` (ms), else as of now. Return the exit code.

    Raises RefusalError: no such ticket, or policies that differ from those that the service has published.
    """
    no_log()
    settings = read_settings(os.environ)
    kept, before = asyncio.run(_read(settings, tenant, ticket_id))
    topic = TICKETS.named(settings.topic_prefix)
    if kept is None:
        raise RefusalError(
            f"topic {topic}: has no ticket {ticket_id} of tenant {tenant}, or has it no longer"
        )
    for unused in verify(policies, before, now_ms(), database_version()).new:
        said = f"sla-timer: policy {unused.policy} version {unused.version} was never in use"
        click.echo(visible(said), err=True)
    known = opened(topic, kept)
    # What was announced is true at the instant of the state, whatever our clock says.
    at = max(now_ms() - settings.grace, known.header.at) if until is None else until
    explain_facts(
        ticket_id,
        tenant,
        known.ticket.facts,
        policies.policies,
        at,
        as_json=as_json,
        lang=lang,
        out=sys.stdout,
        state={
            "topic": topic,
            "partition": kept.partition,
            "offset": kept.offset,
            "input": LIFECYCLE.named(settings.topic_prefix),
            "reflects": known.header.reflects,
        },
    )
    return 0


async def _read(
    settings: Settings, tenant: str, ticket_id: str
) -> tuple[KeptTicket | None, dict[VersionKey, Publication]]:
    reach, prefix = connection(settings), settings.topic_prefix
    partitioner = PARTITIONERS[settings.partitioner]
    kept = await kept_ticket(reach, TICKETS.named(prefix), tenant, ticket_id, partitioner)
    return kept, await published(reach, POLICIES.named(prefix))
