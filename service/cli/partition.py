"""`partition skip`, `reset` and `forget`: decisions on a partition that the service refuses."""

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from service.kafka.exactly_once.decision import Read
    from service.kafka.exactly_once.repair import Decide, PartitionPlace
    from service.settings import Settings

_yes = click.option("--yes", is_flag=True, help="do not ask")


@click.group()
def partition() -> None:
    """Decide what the service cannot: a partition is refused.

    `/readyz` and the log say which, why, and which of these commands goes with it. They work while the
    service runs, and while it does not; a service that runs goes on by itself within a minute. They need the
    rights of the service.
    """


@partition.command()
@click.argument("name", metavar="PARTITION")
@click.option("--to", type=click.IntRange(0), metavar="OFFSET", help="default: where the log begins now")
@_yes
def skip(name: str, to: int | None, *, yes: bool) -> int:
    """Go on without records that were deleted before they were judged.

    PARTITION: of complaints.lifecycle or support.channels, such as complaints.lifecycle-3. With --to also
    without some that are still there.
    """
    from service.kafka.exactly_once.decision import skip as decide

    return _run(name, lambda found: decide(found, to), of_state=False, yes=yes)


@partition.command()
@click.argument("name", metavar="PARTITION")
@_yes
def reset(name: str, *, yes: bool) -> int:
    """Keep the state, and read a topic that was created anew.

    PARTITION: of complaints.lifecycle or support.channels. It is read from its
    beginning. Events that are known already change nothing.
    Tickets that were forgotten, and whose events the topic still has, are announced again under the same ids.
    """
    from service.kafka.exactly_once.decision import reset as decide

    return _run(name, decide, of_state=False, yes=yes)


@partition.command()
@click.argument("name", metavar="PARTITION")
@click.option(
    "--offset", "offsets", type=click.IntRange(0), multiple=True, help="this record; may be repeated"
)
@click.option("--key", help="the state under this key: ticket id@tenant")
@click.option("--unreadable", is_flag=True, help="all that is no state of ours")
@_yes
def forget(name: str, offsets: tuple[int, ...], key: str | None, *, unreadable: bool, yes: bool) -> int:
    """Give up state that nobody can read.

    PARTITION: of sla.tickets or sla.desks. The ticket begins anew with its next event; what was announced of
    it is not taken back.
    """
    if not (offsets or key is not None or unreadable):
        raise click.UsageError("say which: --offset, --key or --unreadable")
    from service.kafka.exactly_once.decision import forget as decide

    named = None if key is None else os.fsencode(key)
    read = _read(name)
    return _run(
        name, lambda found: decide(found, offsets, named, read, unreadable=unreadable), of_state=True, yes=yes
    )


def _read(name: str) -> "Read":
    """Return the decoder of the states in this partition."""
    from schemas.topics import DESKS
    from service.sla.desks.desk import decode as decode_desk
    from service.sla.state import decode

    return decode_desk if name.rpartition("-")[0].endswith(DESKS.name) else decode


def _run(name: str, decide: "Decide", *, of_state: bool, yes: bool) -> int:
    import asyncio

    from service.kafka.client.options import connection
    from service.kafka.exactly_once.repair import repair
    from service.kafka.topics.ensure import find
    from service.settings import read_settings
    from service.telemetry.logs import no_log

    no_log()
    settings = read_settings(os.environ)
    reach = connection(settings)

    def agree(says: str) -> None:
        if not yes:
            _ask(says)

    async def run() -> str:
        found = await find(reach, settings.topic_prefix)
        counts = {settings.topic_prefix + topic: one.partitions for topic, one in found.items()}
        largest = {settings.topic_prefix + topic: one.largest for topic, one in found.items()}
        place = _place(settings, name, counts, of_state=of_state)
        return await repair(reach, settings.group, place, largest, decide, agree)

    click.echo(asyncio.run(run()))
    return 0


def _ask(says: str) -> None:
    """Ask for confirmation. Raises click.Abort when it is denied, click.UsageError without a terminal."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{says}; say --yes if this is what you want")
    click.echo(says, err=True)
    click.confirm("Is this what you want?", abort=True, err=True)


def _place(settings: "Settings", name: str, counts: dict[str, int], *, of_state: bool) -> "PartitionPlace":
    from schemas.topics import CHANNELS, DESKS, LIFECYCLE, TICKETS
    from service.kafka.exactly_once.repair import place_of

    pairs = [
        (source.named(settings.topic_prefix), changelog.named(settings.topic_prefix))
        for source, changelog in ((LIFECYCLE, TICKETS), (CHANNELS, DESKS))
    ]
    topic, _, number = name.rpartition("-")
    known = [pair[of_state] for pair in pairs]
    for pair in pairs:
        if topic == pair[of_state] and number.isascii() and number.isdecimal():
            if int(number) >= counts.get(topic, 0):
                raise click.BadParameter(
                    f"{topic} has {counts.get(topic, 0)} partitions", param_hint="PARTITION"
                )
            return place_of(*pair, int(number))
    raise click.BadParameter(f"{name!r} is no partition of {' or '.join(known)}", param_hint="PARTITION")
