"""`explain` of a ticket in the live service's state, by the policies that the service published."""

import asyncio
import os
import sys

from schemas.topics import LIFECYCLE, TICKETS
from service.cli.live_records import LiveRecords
from service.clock import now_ms
from service.explain.records import TicketRecords
from service.kafka.client.options import connection
from service.kafka.codec.partitioner import PARTITIONERS
from service.kafka.topics.tickets import KeptTicket, Opened, find_ticket, opened
from service.offline.explain import explain_facts
from service.policy.published import Published
from service.processes.policies import read_published_policies
from service.settings import Settings, read_settings
from service.telemetry.logs import no_log


def explain(ticket_id: str, tenant: str, until: int | None, *, as_json: bool, lang: str) -> int:
    """Explain the committed state of a ticket at `until` (ms), else as of now. Return the exit code.

    Without a state it says why, and returns 1.
    """
    no_log()
    settings = read_settings(os.environ)
    found, known, policies, records = asyncio.run(_read(settings, tenant, ticket_id))
    # What was announced is true at the instant of the state, whatever our clock says.
    now = max(now_ms() - settings.grace, known.header.at if known else 0)
    explain_facts(
        ticket_id,
        tenant,
        known.ticket.facts if known else (),
        policies.directory.policies,
        now if until is None else until,
        as_json=as_json,
        lang=lang,
        out=sys.stdout,
        state=_place(settings, found, known) if found and known else None,
        records=records,
    )
    return 0 if known else 1


def _place(settings: Settings, found: KeptTicket, known: Opened) -> dict[str, object]:
    """Return where the state is, and up to which input offset it reflects the input."""
    return {
        "topic": TICKETS.named(settings.topic_prefix),
        "partition": found.partition,
        "offset": found.offset,
        "input": LIFECYCLE.named(settings.topic_prefix),
        "reflects": known.header.reflects,
    }


async def _read(
    settings: Settings, tenant: str, ticket_id: str
) -> tuple[KeptTicket | None, Opened | None, Published, TicketRecords]:
    reach, prefix = connection(settings), settings.topic_prefix
    partitioner, topic = PARTITIONERS[settings.partitioner], TICKETS.named(prefix)
    found = await find_ticket(reach, topic, tenant, ticket_id, partitioner)
    known = opened(topic, found.kept) if found.kept else None
    policies = await read_published_policies(reach, settings)
    facts = known.ticket.facts if known else []
    records = await LiveRecords(settings, tenant, ticket_id).read(found, facts)
    return found.kept, known, policies, records
