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
    help="for complaints.lifecycle, when it does not exist yet",
)
def ensure(partitions: int | None) -> int:
    """Create the topics that are missing, then check them all."""
    import asyncio

    from service.kafka.connection import connection
    from service.kafka.topics import ensure as create
    from service.logs import no_log
    from service.settings import read_settings

    no_log()
    settings = read_settings(os.environ)
    created = asyncio.run(create(connection(settings), settings.topic_prefix, partitions))
    for name in created:
        click.echo(f"created {name}")
    return _check(created)


@topics.command()
def check() -> int:
    """Tell what is wrong with the topics, one line each.

    Exit code 1 if anything is.
    """
    return _check()


def _check(created: Collection[str] = ()) -> int:
    import asyncio

    from service.kafka.connection import connection
    from service.kafka.topics import check as examine
    from service.kafka.topics import find
    from service.logs import no_log
    from service.settings import read_settings

    no_log()
    settings = read_settings(os.environ)
    prefix = settings.topic_prefix
    findings = examine(asyncio.run(find(connection(settings), prefix, created)), prefix)
    for finding in findings:
        click.echo(finding, err=True)
    if not findings:
        click.echo("topics are fine")
    return 1 if findings else 0
