"""`topics ensure` and `topics check`."""

import os
from collections.abc import Collection

import click


@click.group()
def topics() -> None:
    """Create or check the topics, their partitions and compaction."""


@topics.command()
@click.option(
    "--partitions",
    type=click.IntRange(1, 10_000),
    help="of complaints.lifecycle; 1 is the exit code when it exists and has another number",
)
def ensure(partitions: int | None) -> int:
    """Create the topics that are missing, then check them all."""
    import asyncio

    from service.kafka.client.options import connection
    from service.kafka.topics.ensure import ensure as create
    from service.settings import read_settings
    from service.telemetry.logs import no_log

    no_log()
    settings = read_settings(os.environ)
    created = asyncio.run(create(connection(settings), settings.topic_prefix, partitions, settings.retention))
    for name in created:
        click.echo(f"created {name}")
    return _check(created, partitions)


@topics.command()
def check() -> int:
    """Tell what is wrong with the topics, one line each.

    Exit code 1 if anything is; a warning changes nothing.
    """
    return _check()


def _check(created: Collection[str] = (), partitions: int | None = None) -> int:
    """Check all topics. `partitions`: the number requested for the input. Warnings change no exit code."""
    import asyncio

    from service.kafka.client.options import connection
    from service.kafka.topics.check import check as examine
    from service.kafka.topics.check import other_partitions, shortcomings, unchecked, warnings
    from service.kafka.topics.ensure import find
    from service.settings import read_settings
    from service.telemetry.logs import no_log

    no_log()
    settings = read_settings(os.environ)
    prefix = settings.topic_prefix
    found = asyncio.run(find(connection(settings), prefix, created))
    findings = examine(found, prefix) + (other_partitions(found, prefix, partitions) if partitions else [])
    findings += [line for lines in shortcomings(found, settings.retention, prefix).values() for line in lines]
    warned = warnings(found, prefix)
    skipped = [f"not checked: {line}" for line in unchecked(found)]
    for line in [*findings, *(f"warning: {warning}" for warning in warned), *skipped]:
        click.echo(line, err=True)
    if not findings:
        click.echo("topics are usable, but see the warnings" if warned else "topics are fine")
    return 1 if findings else 0
