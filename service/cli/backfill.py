"""`backfill`: sends a help desk's history or export with the ids of its webhooks."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from service.cli import options


@click.command()
@click.argument("mapping", type=click.Path(path_type=Path))
@click.argument("file", metavar="FILE|-")
@click.option(
    "--since", callback=options.read_instant, metavar="INSTANT", help="only what happened then or later"
)
@click.option("--tenant", default="default", show_default=True, callback=options.read_identifier)
@click.option(
    "--partial", is_flag=True, help="send the rest of a history, or of a ticket, when a part cannot be read"
)
@click.option(
    "--replace", is_flag=True, help="void and send anew what FILE has with other content than the log"
)
@click.option(
    "--dry-run", is_flag=True, help="send nothing; print what the log does not have, or what is replaced"
)
def backfill(
    mapping: Path,
    file: str,
    since: datetime | None,
    tenant: str,
    *,
    partial: bool,
    replace: bool,
    dry_run: bool,
) -> int:
    """Send a desk's history or export, by the ids of its webhooks.

    What is in the log already counts once. FILE is a JSON document that the `history` of MAPPING reads, or an
    export that its `rows` read: a JSON document where MAPPING has no history, else CSV, a spreadsheet, JSON
    Lines. With --replace a later FILE corrects an earlier one.
    """
    from schemas.topics import LIFECYCLE
    from service.clock import now_ms
    from service.kafka.client.options import connection
    from service.kafka.codec.partitioner import PARTITIONERS
    from service.kafka.topics.known_facts import known_facts, known_ids
    from service.kafka.topics.whole_tickets import whole_sender
    from service.offline.backfill import Backfill, Log
    from service.offline.backfill import backfill as send_file
    from service.settings import read_settings
    from service.telemetry.logs import no_log

    if replace and since is not None:
        raise click.UsageError("--since has no use with --replace: an instant may be what is corrected")
    no_log()
    settings = read_settings(os.environ)
    reach, topic = connection(settings), LIFECYCLE.named(settings.topic_prefix)
    partitioner = PARTITIONERS[settings.partitioner]
    return send_file(
        mapping,
        file,
        Backfill(options.milliseconds(since), tenant, partial, replace, dry_run),
        log=Log(
            ids=lambda source: known_ids(reach, topic, source, partitioner),
            facts=lambda wanted: known_facts(reach, topic, partitioner, wanted),
            send=whole_sender(reach, topic, partitioner=partitioner, group=settings.group, err=sys.stderr),
        ),
        now=now_ms(),
        stdin=sys.stdin.buffer,
        out=sys.stdout,
        err=sys.stderr,
    )
