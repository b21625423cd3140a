"""`leave`: removes processes that will not come back from the group, so that it need not wait for them."""

import os

import click


@click.command()
@click.argument("instances", metavar="INSTANCE...", nargs=-1, required=True)
def leave(instances: tuple[str, ...]) -> int:
    """Take processes that have ended for good out of the group.

    INSTANCE is the SLA_INSTANCE of one. The others take its partitions over at once, instead of after 10 s.
    Exit code 1 when it is no member, or when it turns out to be alive: then it has joined again.
    """
    import asyncio

    from service.kafka.client.options import connection
    from service.kafka.topics.departure import alive, take_out
    from service.settings import read_settings
    from service.telemetry.logs import no_log

    no_log()
    settings = read_settings(os.environ)
    reach, group = connection(settings), settings.group
    asked = list(dict.fromkeys(instances))
    unknown = asyncio.run(take_out(reach, group, asked))
    gone = [instance for instance in asked if instance not in unknown]
    for instance in gone:
        click.echo(f"{instance}: out of group {group}")
    for instance, others in unknown.items():
        click.echo(f"{instance}: no member of group {group}, which has {others or 'none'}", err=True)
    back = asyncio.run(alive(reach, group, gone))
    for instance in back:
        click.echo(f"{instance}: is alive and has joined again; stop it first", err=True)
    return 1 if unknown or back else 0
