"""`publish`, `simulate` and `explain`: work on files of events; `explain` also on the live topics."""

import os
import sys
from datetime import datetime
from pathlib import Path

import click

from service.cli import options

_events = click.argument("events")


@click.command()
@_events
@options.mapping
@click.option("--rebase", is_flag=True, help="move the times so that the last event is now")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="N events a second, in their order"
)
@options.partial
@click.option("--strict", is_flag=True, help="send nothing when a line is wrong")
def publish(
    events: str,
    mapping: Path | None,
    *,
    rebase: bool,
    rate: float | None,
    partial: bool,
    strict: bool,
) -> int:
    """Send a file of events to complaints.lifecycle.

    EVENTS is a file, or - for standard input. A file goes out by whole tickets, many in one transaction, and
    with the fields of the contract only. Standard input is sent line by line.
    """
    from schemas.topics import LIFECYCLE
    from service.clock import now_ms
    from service.kafka.client.options import connection
    from service.kafka.codec.partitioner import PARTITIONERS
    from service.kafka.topics.lifecycle import sending
    from service.kafka.topics.whole_tickets import whole_sender
    from service.offline.publish import Sending
    from service.offline.publish import publish as send
    from service.settings import read_settings
    from service.telemetry.logs import no_log

    no_log()
    settings = read_settings(os.environ)
    reach, topic = connection(settings), LIFECYCLE.named(settings.topic_prefix)

    partitioner = PARTITIONERS[settings.partitioner]
    whole = whole_sender(reach, topic, partitioner=partitioner, group=settings.group, err=sys.stderr)
    return send(
        events,
        sending=Sending(sending(reach, topic, settings.partitioner), whole),
        now=now_ms(),
        mapping=mapping,
        rebase=rebase,
        rate=rate,
        partial=partial,
        strict=strict,
        stdin=sys.stdin.buffer,
        out=sys.stdout,
        err=sys.stderr,
    )


@click.command()
@_events
@options.policies
@options.until
@click.option(
    "--compare", type=click.Path(path_type=Path), help="show what the policies of this directory would change"
)
@click.option("--clocks", is_flag=True, help="show every level of every clock that started")
@options.mapping
@click.option("--strict", is_flag=True, help="stop at the first line that is wrong")
@options.partial
def simulate(
    events: str,
    policies: Path,
    until: datetime | None,
    compare: Path | None,
    mapping: Path | None,
    *,
    clocks: bool,
    strict: bool,
    partial: bool,
) -> int:
    """Judge a file of events without a broker.

    EVENTS is a file, or - for standard input. JSON Lines of what stands.
    """
    from service.offline.simulate import simulate as judge
    from service.policy.directory import read_policies
    from service.telemetry.gc_tuning import collect_seldom

    collect_seldom()
    return judge(
        events,
        policies=read_policies(policies).policies,
        until=options.milliseconds(until),
        compare=read_policies(compare).policies if compare else None,
        clocks=clocks,
        mapping=mapping,
        strict=strict,
        partial=partial,
        stdin=sys.stdin.buffer,
        out=sys.stdout,
        err=sys.stderr,
    )


@click.command()
@click.argument("ticket", callback=options.read_identifier)
@click.option(
    "--events", help="file of events, or - for standard input; default: what the live service keeps"
)
@options.policies
@click.option("--tenant", default="default", show_default=True, callback=options.read_identifier)
@options.until_or_now
@options.mapping
@click.option("--json", "as_json", is_flag=True, help="for programs")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
def explain(
    ticket: str,
    events: str | None,
    policies: Path,
    tenant: str,
    until: datetime | None,
    mapping: Path | None,
    lang: str,
    *,
    as_json: bool,
) -> int:
    """Show the arithmetic of every verdict on TICKET, step by step.

    As it stands now, or by a file of events.
    """
    from service.offline.explain import explain as tell
    from service.policy.directory import read_policies

    if events is None:
        if mapping is not None:
            raise click.UsageError("--mapping is for a file: give --events, too")
        from service.cli.live import explain as tell_live

        return tell_live(ticket, tenant, options.milliseconds(until), as_json=as_json, lang=lang)
    return tell(
        ticket,
        events=events,
        policies=read_policies(policies).policies,
        tenant=tenant,
        until=options.milliseconds(until),
        mapping=mapping,
        as_json=as_json,
        lang=lang,
        stdin=sys.stdin.buffer,
        out=sys.stdout,
        err=sys.stderr,
    )


COMMANDS = (publish, simulate, explain)
