"""`rejected list`, `show` and `retry`: read and re-send records of the dead-letter topic."""

import os
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from typing import TYPE_CHECKING

import click

from service.cli.topic_records import content_text, instant_text, json_text, read_names
from service.events.rejection import Reason
from service.text.visible import visible

if TYPE_CHECKING:
    from service.kafka.topics.rejected import RejectedRecord
    from service.settings import Settings

_reasons = click.option(
    "--reason",
    "reasons",
    multiple=True,
    type=click.Choice([reason.value for reason in Reason]),
    help="only these; may be repeated",
)


@click.group()
def rejected() -> None:
    """List the rejected records, and send them again.

    They are in the topic complaints.rejected.
    """


@rejected.command(name="list")
@_reasons
@click.option("--json", "as_json", is_flag=True, help="JSON Lines, for programs")
def list_(reasons: tuple[str, ...], *, as_json: bool) -> int:
    """List what was rejected: when, why, and where it was read.

    One line each, nothing of their content.
    """

    async def tell(settings: "Settings") -> int:
        async for record in _chosen(settings, (), reasons):
            click.echo(json_text(_outline(record)) if as_json else _line(record))
        return 0

    return _run(tell)


@rejected.command()
@click.argument("names", nargs=-1, required=True, metavar="PARTITION:OFFSET...", callback=read_names)
@click.option("--raw", is_flag=True, help="key, value and headers too: they may hold personal data")
def show(names: tuple[str, ...], *, raw: bool) -> int:
    """Show records as JSON. Without --raw only their sizes, never what they say."""

    async def tell(settings: "Settings") -> int:
        async for record in _chosen(settings, names, ()):
            shown = _outline(record) | (_content(record) if raw else _sizes(record))
            click.echo(json_text(shown, indent=2))
        return 0

    return _run(tell)


@rejected.command()
@click.argument("names", nargs=-1, metavar="[PARTITION:OFFSET...]", callback=read_names)
@_reasons
@click.option("--all", "everything", is_flag=True, help="all that was ever rejected")
@click.option("--dry-run", is_flag=True, help="only tell what would be sent")
def retry(names: tuple[str, ...], reasons: tuple[str, ...], *, everything: bool, dry_run: bool) -> int:
    """Send records again as they came, to the partition of their key.

    They stay in complaints.rejected. An event that was accepted before counts once, by its source and id. One
    that is still wrong is rejected again. Of several equal records one is sent. Exit code 1: some cannot be
    sent.
    """
    if not (names or reasons or everything):
        raise click.UsageError("say which: PARTITION:OFFSET, --reason or --all")

    async def send(settings: "Settings") -> int:
        return await _send_again(settings, names, reasons, dry_run=dry_run)

    return _run(send)


async def _send_again(
    settings: "Settings", names: Collection[str], reasons: Collection[str], *, dry_run: bool
) -> int:
    from hashlib import sha256

    from schemas.topics import CHANNELS, LIFECYCLE
    from service.kafka.client.options import connection
    from service.kafka.codec.partitioner import PARTITIONERS
    from service.kafka.topics.rejected import hopeless, sending_again

    topics = [topic.named(settings.topic_prefix) for topic in (LIFECYCLE, CHANNELS)]
    sent: dict[bytes, str] = {}
    left = 0
    async with sending_again(connection(settings), PARTITIONERS[settings.partitioner]) as send:
        # Reads to the end offset from before the first send: a record rejected again is not sent again.
        async for record in _chosen(settings, names, reasons):
            content = sha256(repr((record.topic, record.key, record.value, record.headers)).encode()).digest()
            if why := hopeless(record, topics):
                click.echo(visible(f"{record.name} not sent: {why}"), err=True)
                left += 1
            elif content in sent:
                click.echo(f"{record.name} is the same record as {sent[content]}: sent once")
            else:
                sent[content] = record.name
                where = "would be sent" if dry_run else "sent as {}:{}".format(*await send(record))
                click.echo(visible(f"{record.name} {where} to {record.topic}"))
    click.echo(f"{len(sent)} {'would be sent' if dry_run else 'sent'}, {left} cannot be")
    return 1 if left else 0


async def _chosen(
    settings: "Settings", names: Collection[str], reasons: Collection[str]
) -> "AsyncIterator[RejectedRecord]":
    """Yield the records with these names and reasons; without any, all records.

    Raises RefusalError for a name that the topic does not have.
    """
    from schemas.topics import REJECTED
    from service.errors import RefusalError
    from service.kafka.client.options import connection
    from service.kafka.topics.rejected import read_rejected

    topic = REJECTED.named(settings.topic_prefix)
    missing = dict.fromkeys(names)
    async for record in read_rejected(connection(settings), topic):
        if (not names or record.name in names) and (not reasons or record.reason in reasons):
            missing.pop(record.name, None)
            yield record
    if missing:
        raise RefusalError(f"topic {topic}: has no record {', '.join(missing)} (any more?)")


def _line(record: "RejectedRecord") -> str:
    what = f"{record.field} {record.detail}" if record.field else record.detail
    return visible(
        f"{record.name:<10} {instant_text(record.at) or 'at an unknown time':<24}  {record.reason:<19} "
        f"{record.topic} {record.from_partition}:{record.from_offset}  {what}"
    )


def _outline(record: "RejectedRecord") -> dict[str, object]:
    return {
        "record": record.name,
        "rejected_at": instant_text(record.at),
        "reason": record.reason,
        "field": record.field,
        "detail": record.detail,
        "topic": record.topic,
        "partition": record.from_partition,
        "offset": record.from_offset,
    }


def _sizes(record: "RejectedRecord") -> dict[str, object]:
    return {
        "key_bytes": None if record.key is None else len(record.key),
        "value_bytes": record.bytes_lost if record.value is None else len(record.value),
        "headers": len(record.headers),
    }


def _content(record: "RejectedRecord") -> dict[str, object]:
    return {
        "key": content_text(record.key),
        "value": content_text(record.value),
        "headers": [[name, content_text(value)] for name, value in record.headers],
    }


def _run(command: "Callable[[Settings], Coroutine[None, None, int]]") -> int:
    import asyncio

    from service.settings import read_settings
    from service.telemetry.logs import no_log

    no_log()
    return asyncio.run(command(read_settings(os.environ)))
