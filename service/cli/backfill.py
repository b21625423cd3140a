"""`backfill`: sends a help desk's history with the ids of its webhooks."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from service.cli import options


@click.command()
@click.argument("mapping", type=click.Path(path_type=Path))
@click.argument("history", metavar="FILE|-")
@click.option(
    "--since", callback=options.read_instant, metavar="INSTANT", help="only what happened then or later"
)
@click.option("--tenant", default="default", show_default=True, callback=options.read_identifier)
@click.option("--partial", is_flag=True, help="send the rest when a part of the history cannot be mapped")
@click.option("--dry-run", is_flag=True, help="only print the events that the log does not have")
def backfill(
    mapping: Path, history: str, since: datetime | None, tenant: str, *, partial: bool, dry_run: bool
) -> int:
    """Send a help desk's history, with the ids of its webhooks.

    What a webhook has told already counts once. FILE is a JSON document that the `history` of MAPPING reads.
    """
    from schemas.topics import LIFECYCLE
    from service.clock import now_ms
    from service.errors import RefusalError
    from service.kafka.client.options import connection
    from service.kafka.codec.partitioner import PARTITIONERS
    from service.kafka.topics.known_ids import known_ids
    from service.kafka.topics.whole_tickets import whole_sender
    from service.mapping.mapping_file import read_mapping
    from service.offline.backfill import backfill as send_history
    from service.settings import read_settings
    from service.telemetry.logs import no_log

    by = read_mapping(mapping)
    if not by.tellings:
        raise RefusalError(f"{mapping}: history: is missing; it says how the history of the desk is read")
    no_log()
    settings = read_settings(os.environ)
    reach, topic = connection(settings), LIFECYCLE.named(settings.topic_prefix)
    return send_history(
        by,
        history,
        send=whole_sender(
            reach,
            topic,
            partitioner=PARTITIONERS[settings.partitioner],
            group=settings.group,
            err=sys.stderr,
        ),
        known=lambda source: known_ids(reach, topic, source),
        now=now_ms(),
        since=options.milliseconds(since),
        tenant=tenant,
        partial=partial,
        dry_run=dry_run,
        stdin=sys.stdin.buffer,
        out=sys.stdout,
        err=sys.stderr,
    )
