"""`state export` and `state import`: moves all tickets to another set of partitions."""

import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import click

if TYPE_CHECKING:
    from service.settings import Settings
    from service.sla.dump import DumpRecord

_Argument = TypeVar("_Argument")


@click.group()
def state() -> None:
    """Dump all tickets, and load them into other partitions."""


@state.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
def export(file: Path) -> int:
    """Write all tickets to FILE (default: standard output).

    With their facts and their announcements. The file holds what the topics hold: keep it as safe. Exit
    code 1: records of the input are not judged yet, or the service is running, so that the dump is not the
    last word.
    """
    from service.whole_file import whole_file

    if str(file) == "-":
        return _run(_export, sys.stdout.buffer)
    with whole_file(file, new=True) as out:
        return _run(_export, out)


@state.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True))
def import_(file: Path) -> int:
    """Load FILE into an empty sla.tickets, all of it or nothing. No service may be running.

    FILE may be a pipe, or - for standard input.
    """
    from service.offline.twice import readable_twice

    name = "standard input" if str(file) == "-" else str(file)
    with readable_twice(file, name, sys.stdin.buffer) as stream:
        return _run(_import, (name, stream))


async def _export(settings: "Settings", out: BinaryIO) -> int:
    from schemas.topics import LIFECYCLE, TICKETS
    from service.clock import now_ms
    from service.kafka.client.options import connection
    from service.kafka.topics.members import members, unread
    from service.kafka.topics.scan import partitions_of
    from service.kafka.topics.tickets import kept_tickets, opened
    from service.sla.dump import end, head, line

    reach = connection(settings)
    topic, source = (which.named(settings.topic_prefix) for which in (TICKETS, LIFECYCLE))
    running = len(await members(reach, settings.group))
    behind = await unread(reach, settings.group, source)
    out.write(head(topic, await partitions_of(reach, topic), now_ms()))
    tickets = 0
    async for kept in kept_tickets(reach, topic):
        opened(topic, kept)  # raises for an unreadable ticket: an incomplete dump would be worse than none
        out.write(line(kept.key, kept.value))
        tickets += 1
    out.write(end(tickets))
    out.flush()
    click.echo(f"{tickets} tickets exported", err=True)
    if running:
        click.echo(f"group {settings.group}: is running; its later announcements are missing here", err=True)
    if behind:
        click.echo(f"topic {source}: {behind} records are not judged yet by {settings.group}", err=True)
    return 1 if running or behind else 0


async def _import(settings: "Settings", dump: tuple[str, BinaryIO]) -> int:
    from schemas.topics import LIFECYCLE, TICKETS
    from service.errors import RefusalError
    from service.kafka.client.options import connection
    from service.kafka.codec.partitioner import PARTITIONERS
    from service.kafka.topics.import_state import load, refuse_full
    from service.kafka.topics.members import members
    from service.kafka.topics.scan import partitions_of

    tickets = sum(1 for _ in _records(*dump))  # all of it is read before anything is written
    reach = connection(settings)
    topic, source = (which.named(settings.topic_prefix) for which in (TICKETS, LIFECYCLE))
    partitions, inputs = await partitions_of(reach, topic), await partitions_of(reach, source)
    if partitions != inputs:
        raise RefusalError(
            f"topic {topic}: {partitions} partitions, but {source} has {inputs}: create it anew"
        )
    if await members(reach, settings.group):
        raise RefusalError(f"group {settings.group}: a service is running: stop it first")
    await refuse_full(reach, topic)
    await load(reach, topic, settings.group, _records(*dump), PARTITIONERS[settings.partitioner])
    click.echo(f"{tickets} tickets imported into {partitions} partitions of {topic}")
    return 0


def _records(name: str, dump: BinaryIO) -> "Iterator[DumpRecord]":
    from service.errors import RefusalError
    from service.sla.dump import BadDumpError, records

    try:
        dump.seek(0)
        yield from records(dump)
    except BadDumpError as error:
        raise RefusalError(f"{name}:{error}") from None
    except OSError as error:
        raise RefusalError(f"{name}: {error.strerror or error}") from None


def _run(command: "Callable[[Settings, _Argument], Awaitable[int]]", argument: _Argument) -> int:
    import asyncio

    from service.settings import read_settings
    from service.telemetry.logs import no_log

    no_log()

    async def run() -> int:
        return await command(read_settings(os.environ), argument)

    return asyncio.run(run())
